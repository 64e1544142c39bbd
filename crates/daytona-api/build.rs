//! Lets the napi command rebuild this crate when it has no declarations of it.

fn main() {
    println!("cargo::rerun-if-env-changed=NAPI_FORCE_BUILD_DAYTONA_API");
}
