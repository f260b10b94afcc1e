//! Running other programs, and saying what is done.

use std::fmt::Display;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// A line for whoever watches. Nobody listening is no failure.
pub fn say(text: impl Display) {
    let mut out = io::stdout().lock();
    // A closed pipe only means that nobody reads on.
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// Runs a program to its end; anything but success is an error that names it.
pub fn run(command: &mut Command) -> Result<()> {
    let shown = shown(command);
    let status = command.status().with_context(|| format!("`{shown}` cannot be started"))?;
    if !status.success() {
        bail!("`{shown}` ended with {status}");
    }
    Ok(())
}

/// Runs a program and gives back what it wrote to its standard output.
pub fn read(command: &mut Command) -> Result<String> {
    let shown = shown(command);
    let output = command.stderr(Stdio::inherit()).output().with_context(|| format!("`{shown}` cannot be started"))?;
    if !output.status.success() {
        bail!("`{shown}` ended with {}", output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{shown}` wrote something that is no text"))
}

/// Runs a program, shows its output as it comes, and keeps the lines that
/// `wanted` chooses.
pub fn run_keeping(command: &mut Command, wanted: impl Fn(&str) -> bool) -> (Vec<String>, Result<()>) {
    let shown = shown(command);
    let mut kept = Vec::new();
    let outcome = (|| {
        let mut child =
            command.stdout(Stdio::piped()).spawn().with_context(|| format!("`{shown}` cannot be started"))?;
        if let Some(stdout) = child.stdout.take() {
            let mut reader = BufReader::new(stdout);
            let mut line = Vec::new();
            while reader.read_until(b'\n', &mut line)? > 0 {
                let text = String::from_utf8_lossy(&line);
                let text = text.trim_end_matches('\n');
                say(text);
                if wanted(text) {
                    kept.push(text.to_owned());
                }
                line.clear();
            }
        }
        let status = child.wait()?;
        if !status.success() {
            bail!("`{shown}` ended with {status}");
        }
        Ok(())
    })();
    (kept, outcome)
}

/// Whether a program is there, whatever it answers.
pub fn exists(program: &str) -> bool {
    let quiet = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    quiet.is_ok()
}

/// A command as a person would type it: without the folder of its program.
fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = [program].into_iter().chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
