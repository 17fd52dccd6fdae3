//! Publishers: the real ffmpeg, and our own `headwater publish`.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::{Child, Command};
use tokio::sync::OnceCell;

use super::client::PATIENCE;

/// A clip as OBS would send it: H.264 High with two B-frames, a key frame every second, AAC.
///
/// Encoded once per test run; looped by the publisher.
pub(crate) async fn clip() -> &'static Path {
    static CLIP: OnceCell<PathBuf> = OnceCell::const_new();
    CLIP.get_or_init(|| async {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("clip.mp4");
        let picture = "testsrc2=size=640x360:rate=30:duration=12";
        let sound = "sine=frequency=440:sample_rate=48000:duration=12";
        let mut ffmpeg = ffmpeg();
        ffmpeg.args(["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound]);
        ffmpeg.args(["-c:v", "libx264", "-profile:v", "high", "-preset", "veryfast"]);
        ffmpeg.args(["-bf", "2", "-g", "30", "-keyint_min", "30", "-sc_threshold", "0"]);
        ffmpeg.args(["-pix_fmt", "yuv420p", "-b:v", "800k", "-c:a", "aac", "-b:a", "96k"]);
        ffmpeg.arg("-y").arg(&path);
        let status = ffmpeg.status().await.expect("ffmpeg runs: `make tools` installs it");
        assert!(status.success(), "ffmpeg encodes the clip");
        path
    })
    .await
}

fn ffmpeg() -> Command {
    let mut command = Command::new("ffmpeg");
    command.args(["-nostdin", "-hide_banner", "-loglevel", "error"]);
    command.stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// A running ffmpeg that sends the clip in real time.
#[derive(Debug)]
pub(crate) struct Encoder {
    child: Child,
}

impl Encoder {
    /// Publishes the clip, looped, to `rtmp://…/live/KEY`.
    pub(crate) async fn start(url: &str) -> Self {
        Self::publish(url, &[]).await
    }

    /// Publishes the clip's sound alone.
    pub(crate) async fn sound(url: &str) -> Self {
        Self::publish(url, &["-vn"]).await
    }

    async fn publish(url: &str, tracks: &[&str]) -> Self {
        let mut command = ffmpeg();
        command.args(["-re", "-stream_loop", "-1", "-i"]).arg(clip().await);
        command.args(tracks).args(["-c", "copy", "-f", "flv", url]);
        command.stderr(Stdio::piped());
        Self { child: command.spawn().expect("ffmpeg starts") }
    }

    /// Ends the publish as a creator does: ffmpeg says that it stops.
    pub(crate) async fn stop(mut self) {
        let pid = self.child.id().expect("ffmpeg runs").to_string();
        Command::new("kill").args(["-INT", &pid]).status().await.expect("kill runs");
        let ended = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        ended.expect("ffmpeg stops in time").expect("ffmpeg ends");
    }

    /// Kills ffmpeg: the connection drops without a word.
    pub(crate) async fn kill(mut self) {
        self.child.start_kill().expect("ffmpeg can be killed");
        self.child.wait().await.expect("ffmpeg ends");
    }

    /// Stops ffmpeg in its tracks: its connection stays open and nothing more comes.
    pub(crate) async fn suspend(&self) {
        let pid = self.child.id().expect("ffmpeg runs").to_string();
        Command::new("kill").args(["-STOP", &pid]).status().await.expect("kill runs");
    }

    /// What ffmpeg said, once it has ended by itself; and whether it failed.
    pub(crate) async fn refused(self) -> String {
        let output = tokio::time::timeout(PATIENCE, self.child.wait_with_output()).await;
        let output = output.expect("ffmpeg gives up in time").expect("ffmpeg ends");
        assert!(!output.status.success(), "ffmpeg fails");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }
}
