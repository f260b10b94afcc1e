//! The binary: command line, configuration, the list of systems. Nothing uses
//! this crate.

mod backup;
mod check;
mod cli;
mod config;
mod copy;
#[cfg(feature = "sandbox")]
mod demo;
#[cfg(feature = "sandbox")]
mod demo_clients;
mod editions;
mod folder;
mod house;
mod mtls;
mod new_service;
mod officer;
mod operation;
#[cfg(feature = "sandbox")]
mod outside;
#[cfg(not(feature = "sandbox"))]
#[path = "no_outside.rs"]
mod outside;
#[cfg(feature = "sandbox")]
mod pair;
mod personal;
mod publish;
mod security_server;
mod serve;
mod service;
mod systems;
mod unit;
mod verify;

use std::process::ExitCode;

fn main() -> ExitCode {
    let log = tracing_subscriber::EnvFilter::try_from_env("HUKUMATI_LOG");
    let log = log.unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(log).with_writer(std::io::stderr).init();
    match cli::run() {
        Ok(code) => code,
        Err(error) => {
            // One sentence, with the remedy where there is one.
            eprintln!("hukumati: {error:#}");
            ExitCode::FAILURE
        }
    }
}
