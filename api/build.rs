//! Notices when the pages were built anew; with `HEADWATER_REQUIRE_WEB` a program without pages is refused.

use std::path::Path;

fn main() {
    let manifest = Path::new("../web/dist/manifest.json");
    println!("cargo:rerun-if-env-changed=HEADWATER_REQUIRE_WEB");
    println!("cargo:rerun-if-changed=build.rs");
    if manifest.exists() {
        println!("cargo:rerun-if-changed={}", manifest.display());
    } else {
        let required = std::env::var_os("HEADWATER_REQUIRE_WEB").is_some();
        assert!(!required, "web/dist holds no pages: run `make web` first");
    }
}
