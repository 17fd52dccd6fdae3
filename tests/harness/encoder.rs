//! Publishers: the real ffmpeg, and our own `headwater publish`.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::{Child, Command};
use tokio::sync::OnceCell;

use super::client::PATIENCE;
use super::servers::tools;

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

/// How a clip is encoded: a name for its file, and ffmpeg's arguments for picture and sound.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Coding {
    pub(crate) name: &'static str,
    pub(crate) picture: &'static str,
    pub(crate) sound: &'static str,
}

/// A clip in a coding that only newer encoders send: a key frame every second.
async fn newer_clip(coding: Coding) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    // Put in place when it is whole: tests beside this one may want the same.
    let made = tempfile::Builder::new().suffix(".mp4").tempfile_in(folder).expect("a file");
    let picture = "testsrc2=size=640x360:rate=30:duration=12";
    let sound = "sine=frequency=440:sample_rate=48000:duration=12";
    let mut ffmpeg = newer();
    ffmpeg.args(["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound]);
    ffmpeg.args(coding.picture.split(' ')).args(coding.sound.split(' '));
    ffmpeg.args(["-pix_fmt", "yuv420p", "-y"]).arg(made.path()).stderr(Stdio::null());
    let status = ffmpeg.status().await.expect("ffmpeg runs");
    assert!(status.success(), "ffmpeg encodes {coding:?}");
    let path = folder.join(format!("{}.mp4", coding.name));
    made.persist(&path).expect("a place for the clip");
    path
}

/// The clip as an FLV file with the tags of Enhanced RTMP.
pub(crate) async fn enhanced_file(coding: Coding) -> PathBuf {
    let clip = newer_clip(coding).await;
    let file = clip.with_extension("flv");
    let mut ffmpeg = newer();
    ffmpeg.arg("-i").arg(clip).args(["-c", "copy", "-y"]).arg(&file);
    assert!(ffmpeg.status().await.expect("ffmpeg runs").success(), "ffmpeg writes {coding:?}");
    file
}

/// An ffmpeg that speaks Enhanced RTMP, which that of Debian is too old for.
fn newer() -> Command {
    let library = tools().join("venv/lib");
    let versions = std::fs::read_dir(library).into_iter().flatten().flatten();
    let folders = versions.map(|version| version.path().join("site-packages/imageio_ffmpeg"));
    let files = folders.filter_map(|folder| std::fs::read_dir(folder.join("binaries")).ok());
    let mut paths = files.flatten().flatten().map(|file| file.path());
    let name = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("ffmpeg-"))
    };
    command(&paths.find(name).expect("a newer ffmpeg: `make tools` installs it"))
}

fn ffmpeg() -> Command {
    command(Path::new("ffmpeg"))
}

fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
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

    /// Publishes a clip in a newer coding by Enhanced RTMP, looped.
    pub(crate) async fn enhanced(url: &str, coding: Coding) -> Self {
        let clip = newer_clip(coding).await;
        let mut command = newer();
        command.args(["-re", "-stream_loop", "-1", "-i"]).arg(clip);
        command.args(["-c", "copy", "-f", "flv", url]).stderr(Stdio::piped());
        Self { child: command.spawn().expect("ffmpeg starts") }
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

    /// Lets a suspended ffmpeg go on.
    pub(crate) async fn resume(&self) {
        let pid = self.child.id().expect("ffmpeg runs").to_string();
        Command::new("kill").args(["-CONT", &pid]).status().await.expect("kill runs");
    }

    /// What ffmpeg said, once it has ended by itself; and whether it failed.
    pub(crate) async fn refused(self) -> String {
        let output = tokio::time::timeout(PATIENCE, self.child.wait_with_output()).await;
        let output = output.expect("ffmpeg gives up in time").expect("ffmpeg ends");
        assert!(!output.status.success(), "ffmpeg fails");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }
}
