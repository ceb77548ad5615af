//! Tells the program which compiler and which wasmi made it.

use std::{env, fs, process::Command};

fn main() {
    let compiler = env::var("RUSTC").expect("cargo sets RUSTC");
    let output = Command::new(compiler)
        .arg("--version")
        .output()
        .expect("rustc runs");
    let text = String::from_utf8_lossy(&output.stdout);
    println!(
        "cargo::rustc-env=RUSTC_VERSION={}",
        text.split(' ').nth(1).unwrap_or("?")
    );

    let lock = fs::read_to_string("Cargo.lock").expect("the lock file is committed");
    let wasmi = lock
        .split("name = \"wasmi\"\nversion = \"")
        .nth(1)
        .and_then(|rest| rest.split('"').next());
    println!("cargo::rustc-env=WASMI_VERSION={}", wasmi.unwrap_or("?"));
    println!("cargo::rerun-if-changed=Cargo.lock");
}
