//! Players of the desktop without a screen: how many pictures each one showed of a stream.

use std::process::Stdio;

use tokio::process::Command;

use super::client::PATIENCE;

/// Seconds that a player that has no end of its own may run.
const SECONDS: &str = "8";

/// Pictures that ffmpeg decodes of five seconds.
pub(crate) async fn ffmpeg(url: &str) -> u64 {
    let arguments = ["-v", "info", "-nostdin", "-i", url, "-t", "5", "-vf", "showinfo"];
    let said = run("ffmpeg", &[&arguments[..], &["-f", "null", "-"]].concat()).await;
    shown(&said)
}

/// Pictures that ffplay shows in eight seconds.
pub(crate) async fn ffplay(url: &str) -> u64 {
    let arguments = ["SDL_VIDEODRIVER=dummy", "SDL_AUDIODRIVER=dummy"];
    let player = ["timeout", "-s", "INT", SECONDS, "ffplay", "-v", "info", "-vf", "showinfo", url];
    shown(&run("env", &[&arguments[..], &player].concat()).await)
}

/// The filter's lines, one a picture.
fn shown(said: &str) -> u64 {
    let lines = said
        .split(['\n', '\r'])
        .filter(|line| line.contains("showinfo") && line.contains(" pts_time:"));
    u64::try_from(lines.count()).expect("a count")
}

/// Pictures that VLC shows in eight seconds, to the nearest thirty: it keeps each thirtieth.
pub(crate) async fn vlc(url: &str) -> u64 {
    const EVERY: u64 = 30;
    let folder = tempfile::Builder::new().prefix("hw-").tempdir_in("/tmp").expect("a folder");
    let path = folder.path().display().to_string();
    run("chmod", &["777", &path]).await;
    let (home, scenes) = (format!("HOME={path}"), format!("--scene-path={path}"));
    let mut arguments = vec!["timeout", "-s", "INT", SECONDS];
    if run("id", &["-u"]).await.trim() == "0" {
        // VLC refuses to run as root.
        arguments.extend(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]);
    }
    arguments.extend(["env", &home, "vlc", "-I", "dummy", "--no-dbus", "--vout", "dummy"]);
    arguments.extend(["--aout", "dummy", "--video-filter=scene", "--scene-format=png"]);
    arguments.extend(["--scene-ratio=30", &scenes, url]);
    let (program, arguments) = arguments.split_first().expect("a program");
    run(program, arguments).await;
    let files = std::fs::read_dir(folder.path()).expect("a folder").flatten();
    let pictures = files.filter(|file| file.path().extension().is_some_and(|kind| kind == "png"));
    u64::try_from(pictures.count()).expect("a count") * EVERY
}

/// Everything that a program says until its end.
async fn run(program: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(PATIENCE, command.output()).await;
    let output = output.expect("it ends in time");
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}; run `make tools`"));
    let (said, told) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    format!("{said}{told}")
}
