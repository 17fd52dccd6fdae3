//! Renewed certificates: read when someone asks, and found by a look at the files now and then.

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::Signal;

use super::Certificate;
use crate::tasks::Tasks;

/// How often the files are read without being asked.
const LOOK: Duration = Duration::from_mins(1);

/// Why the files are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    /// A hang-up signal: the answer is logged whatever it is.
    Asked,
    /// The minute is over: only news is logged.
    Looked,
}

/// Reads the certificates again at each hang-up signal and each minute, until the process drains.
///
/// Connections that are open keep what they have; a pair that can't be used changes nothing.
pub async fn keep(certificates: Vec<Arc<Certificate>>, mut hangup: Option<Signal>, tasks: Tasks) {
    // The last complaint about each certificate, so that it is not repeated every minute.
    let mut complaints = vec![None; certificates.len()];
    loop {
        let cause = tokio::select! {
            () = asked(&mut hangup) => Cause::Asked,
            () = tokio::time::sleep(LOOK) => Cause::Looked,
            () = tasks.draining() => return,
        };
        if cause == Cause::Asked && certificates.is_empty() {
            tracing::info!("told to read the certificate again: none is configured");
        }
        for (certificate, complaint) in certificates.iter().zip(&mut complaints) {
            renew(certificate, cause, complaint).await;
        }
    }
}

/// Never, where a hang-up is no question.
async fn asked(hangup: &mut Option<Signal>) {
    if let Some(hangup) = hangup {
        hangup.recv().await;
    } else {
        std::future::pending::<()>().await;
    }
}

async fn renew(certificate: &Arc<Certificate>, cause: Cause, complaint: &mut Option<String>) {
    let path = certificate.path().display();
    let reading = Arc::clone(certificate);
    // Files may lie on a disk that hangs.
    let read = tokio::task::spawn_blocking(move || reading.renew()).await;
    let Ok(read) = read else { return };
    let result = match &read {
        Ok(true) => "renewed",
        Ok(false) => "unchanged",
        Err(_) => "failed",
    };
    metrics::counter!("headwater_certificate_reads_total", "result" => result).increment(1);
    match read {
        Ok(is_new) => {
            *complaint = None;
            if is_new {
                tracing::info!(certificate.path = %path, "new connections get the renewed certificate");
            } else if cause == Cause::Asked {
                tracing::info!(certificate.path = %path, "the certificate is the same as before");
            }
        }
        Err(error) => {
            let why = error.source().map_or_else(String::new, |source| format!(": {source}"));
            let said = format!("{error}{why}");
            if cause == Cause::Asked || complaint.as_ref() != Some(&said) {
                tracing::error!("the former certificate stays: {said}");
            }
            *complaint = Some(said);
        }
    }
}
