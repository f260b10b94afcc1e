//! The command line. These words are an interface (DESIGN §5).

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};

use crate::{
    backup, check, config, copy, folder, new_service, officer, operation, publish, serve, service, systems, verify,
};

/// The national portal for government services.
#[derive(Parser)]
#[command(name = "hukumati", version, arg_required_else_help = false)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

/// Where the data lies.
#[derive(Args, Clone)]
pub(crate) struct Place {
    /// The data folder.
    #[arg(long, default_value = "data")]
    pub(crate) data: PathBuf,
    /// The folder of keys; beside the data folder and never in it.
    #[arg(long)]
    pub(crate) keys: Option<PathBuf>,
    /// A PostgreSQL address; SQLite in the data folder without it.
    #[arg(long)]
    pub(crate) database: Option<String>,
}

impl Place {
    /// The folder of keys.
    pub(crate) fn keys(&self) -> PathBuf {
        self.keys.clone().unwrap_or_else(|| self.beside("-keys"))
    }

    /// The folder of the demo's sample registers: the outside's data, and none of ours.
    #[cfg(feature = "sandbox")]
    pub(crate) fn registers(&self) -> PathBuf {
        self.beside("-registers")
    }

    fn beside(&self, ending: &str) -> PathBuf {
        let mut name = self.data.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    }
}

/// How to serve.
#[derive(Args, Clone)]
pub(crate) struct ServeOptions {
    #[command(flatten)]
    pub(crate) place: Place,
    /// The configuration file.
    #[arg(long)]
    pub(crate) config: Option<PathBuf>,
    /// The folder of services.
    #[arg(long, default_value = "services")]
    pub(crate) services: PathBuf,
    /// Where people reach the portal.
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// Where machines with certificates reach it.
    #[arg(long, default_value = "127.0.0.1:8443")]
    pub(crate) mtls_listen: SocketAddr,
    /// Where the agency's own systems reach its security server.
    #[arg(long, default_value = "127.0.0.1:8180")]
    pub(crate) exchange_listen: SocketAddr,
    /// Where other security servers reach this one, or the demo's ministry.
    #[arg(long, default_value = "127.0.0.2:5500")]
    pub(crate) peer_listen: SocketAddr,
    /// The demo's ministry has its security server in a process of its own.
    #[arg(long, requires = "demo")]
    pub(crate) ministry_elsewhere: bool,
    /// Where operators look.
    #[arg(long, default_value = "127.0.0.1:9090")]
    pub(crate) admin_listen: SocketAddr,
    /// Only these systems.
    #[arg(long, value_delimiter = ',')]
    pub(crate) only: Vec<String>,
    /// Sample people, registers and fees.
    #[arg(long)]
    pub(crate) demo: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the portal.
    Serve(Box<ServeOptions>),
    /// Make the data folder and its keys for production.
    Init(Place),
    /// Officers.
    Officer {
        #[command(subcommand)]
        command: OfficerCommand,
    },
    /// Check every invariant of a database; read-only.
    Verify(Place),
    /// Copy the data into one file, while it is served.
    Backup {
        #[command(flatten)]
        place: Place,
        /// The file.
        #[arg(long)]
        to: PathBuf,
    },
    /// Unpack a backup into a new folder.
    Restore {
        /// The backup.
        #[arg(long)]
        from: PathBuf,
        /// The new data folder.
        #[arg(long, default_value = "data")]
        data: PathBuf,
    },
    /// Copy every table into another, empty database.
    Copy {
        /// The data folder or the PostgreSQL address to read; nobody serves it meanwhile.
        #[arg(long)]
        from: String,
        /// The one to write.
        #[arg(long)]
        to: String,
    },
    /// Check a receipt offline.
    Receipt {
        #[command(subcommand)]
        command: ReceiptCommand,
    },
    /// Check a paper offline.
    Paper {
        #[command(subcommand)]
        command: PaperCommand,
    },
    /// Check the transparency log offline.
    Audit {
        #[command(subcommand)]
        command: AuditCommand,
    },
    /// Operations that a security server answers from their files.
    Operation {
        #[command(subcommand)]
        command: OperationCommand,
    },
    /// Services' folders.
    Service {
        #[command(subcommand)]
        command: ServiceCommand,
    },
    /// Print every route with its right.
    Routes,
    /// Print the stages of a system.
    Transitions {
        /// The system.
        system: String,
    },
    /// Print the configuration that would hold.
    PrintConfig {
        /// The configuration file.
        #[arg(long)]
        config: Option<PathBuf>,
    },
    /// Print the public keys that receipts and papers are checked with.
    Trust(Place),
}

#[derive(Subcommand)]
enum OfficerCommand {
    /// Put an officer there, while nothing is served. Their password and the
    /// secret of their device are printed once.
    Add {
        #[command(flatten)]
        place: Place,
        /// What they type to sign in.
        #[arg(long)]
        username: String,
        /// Their name in Arabic.
        #[arg(long)]
        name_ar: String,
        /// Their name in Latin letters.
        #[arg(long)]
        name_en: String,
        /// The unit they act for, such as `mot.ramallah`.
        #[arg(long)]
        unit: String,
        /// What they are trusted with.
        #[arg(long, value_delimiter = ',', required = true)]
        roles: Vec<String>,
        /// Where they are told of changes of their sign-in.
        #[arg(long)]
        email: Option<String>,
    },
    /// Let an officer in again who has lost every way to sign in, while nothing is
    /// served. Another password and device take the place of all that there was.
    Again {
        #[command(flatten)]
        place: Place,
        /// What they type to sign in.
        #[arg(long)]
        username: String,
    },
    /// Keep where an officer who is there is told of changes of their sign-in,
    /// while nothing is served.
    Email {
        #[command(flatten)]
        place: Place,
        /// What they type to sign in.
        #[arg(long)]
        username: String,
        /// The address.
        #[arg(long)]
        email: String,
    },
}

#[derive(Subcommand)]
enum ServiceCommand {
    /// Write a new service that lints, plays and walks, with an operation and its table.
    New {
        /// Agency, thing and act: `lg.stall.permit`.
        key: String,
        /// The folder of services.
        #[arg(long, default_value = "services")]
        services: PathBuf,
    },
    /// Print the JSON Schema of `service.toml`, for editors: services/service.schema.json.
    Schema,
    /// Put services up for the four signatures, as a start does: on PostgreSQL while the portal
    /// serves, on SQLite while it does not.
    Publish {
        #[command(flatten)]
        place: Place,
        /// The folder of services.
        #[arg(default_value = "services")]
        services: PathBuf,
    },
    /// Say what is wrong with services' folders, each fault with its file, its line and its remedy.
    Lint {
        /// The folder of services.
        #[arg(default_value = "services")]
        folder: PathBuf,
    },
    /// Play the examples of services' folders over the sandbox's people and registers, and say
    /// for each what differed.
    #[cfg(feature = "sandbox")]
    Test(service::TestOptions),
}

#[derive(Subcommand)]
enum OperationCommand {
    /// Say what is wrong with operations' files, each fault with its line and its remedy.
    Lint {
        /// The folder of operations.
        #[arg(default_value = "services/operations")]
        folder: PathBuf,
        /// The folder of the registers' files, if they are not beside the operations.
        #[arg(long)]
        registers: Option<PathBuf>,
        /// The configuration that names databases: `[security-server.databases]`.
        #[arg(long)]
        config: Option<PathBuf>,
    },
    /// Write the sample registers behind the sample operations, as the demo does.
    #[cfg(feature = "sandbox")]
    Samples {
        /// The folder to write them to.
        folder: PathBuf,
    },
}

#[derive(Subcommand)]
enum ReceiptCommand {
    /// Say whether a receipt holds.
    Check {
        /// The receipt.
        file: PathBuf,
        /// The trusted keys, as `hukumati trust` prints them.
        #[arg(long)]
        trust: PathBuf,
    },
}

#[derive(Subcommand)]
enum PaperCommand {
    /// Say whether a paper's seal, or the code printed on it, holds.
    Check {
        /// The PDF, or the text of the printed code.
        paper: String,
        /// The trusted keys, as `hukumati trust` prints them.
        #[arg(long)]
        trust: PathBuf,
        /// The list of revoked papers, as `/verify/revoked` gives it.
        #[arg(long)]
        revoked: Option<PathBuf>,
    },
}

#[derive(Subcommand)]
enum AuditCommand {
    /// Say whether a newer signed tree extends an older one.
    Consistency {
        /// The older checkpoint, or a receipt.
        old: PathBuf,
        /// The newer checkpoint, or a receipt.
        new: PathBuf,
        /// The proof, as `/audit/consistency/{old}/{new}` gives it; none when the newer one is shorter.
        #[arg(long)]
        proof: Option<PathBuf>,
        /// The trusted keys.
        #[arg(long)]
        trust: PathBuf,
    },
}

/// Does what the command line says.
pub(crate) fn run() -> Result<ExitCode> {
    let cli = Cli::parse();
    // Without a word, serve the demo: `cargo run --release` is all it takes.
    let command = match cli.command {
        Some(command) => command,
        None => return run_demo(),
    };
    match command {
        Command::Serve(options) => serve::run(&options),
        Command::Init(place) => folder::init(&place).map(|()| ExitCode::SUCCESS),
        Command::Officer { command: OfficerCommand::Add { place, username, name_ar, name_en, unit, roles, email } } => {
            officer::add(&place, username, [name_ar, name_en], unit, &roles, email).map(|()| ExitCode::SUCCESS)
        }
        Command::Officer { command: OfficerCommand::Again { place, username } } => {
            officer::again(&place, &username).map(|()| ExitCode::SUCCESS)
        }
        Command::Officer { command: OfficerCommand::Email { place, username, email } } => {
            officer::keep_email(&place, &username, &email).map(|()| ExitCode::SUCCESS)
        }
        Command::Verify(place) => verify::run(&place),
        Command::Backup { place, to } => backup::write(&place, &to).map(|()| ExitCode::SUCCESS),
        Command::Restore { from, data } => backup::unpack(&from, &data).map(|()| ExitCode::SUCCESS),
        Command::Copy { from, to } => copy::run(&from, &to).map(|()| ExitCode::SUCCESS),
        Command::Receipt { command: ReceiptCommand::Check { file, trust } } => check::receipt(&file, &trust),
        Command::Paper { command: PaperCommand::Check { paper, trust, revoked } } => {
            check::paper(&paper, &trust, revoked.as_deref())
        }
        Command::Audit { command: AuditCommand::Consistency { old, new, proof, trust } } => {
            check::consistency(&old, &new, proof.as_deref(), &trust)
        }
        Command::Operation { command } => match command {
            OperationCommand::Lint { folder, registers, config } => {
                operation::lint(folder, registers, config.as_deref())
            }
            #[cfg(feature = "sandbox")]
            OperationCommand::Samples { folder } => operation::samples(&folder),
        },
        Command::Service { command } => match command {
            ServiceCommand::Lint { folder } => Ok(service::lint(&folder)),
            ServiceCommand::Schema => {
                print(&serde_json::to_string_pretty(&catalogue::folder::schema::service_schema())?);
                Ok(ExitCode::SUCCESS)
            }
            ServiceCommand::New { key, services } => new_service::write(&services, &key).map(|()| ExitCode::SUCCESS),
            ServiceCommand::Publish { place, services } => {
                publish::put_up(&place, &services).map(|()| ExitCode::SUCCESS)
            }
            #[cfg(feature = "sandbox")]
            ServiceCommand::Test(options) => service::test(&options),
        },
        Command::Routes => {
            print(&web::routes_table(&systems::for_tables()?));
            Ok(ExitCode::SUCCESS)
        }
        Command::Transitions { system } => {
            let systems = systems::for_tables()?;
            let known = systems.iter().find(|known| known.name == system);
            let known = known.with_context(|| format!("no system is named {system}"))?;
            for table in &known.transitions {
                print(&table.text());
                print(&table.mermaid());
            }
            Ok(ExitCode::SUCCESS)
        }
        Command::PrintConfig { config } => {
            print(&config::load(config.as_deref())?.describe());
            Ok(ExitCode::SUCCESS)
        }
        Command::Trust(place) => {
            print(&folder::trust(&place)?);
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn run_demo() -> Result<ExitCode> {
    let words = ["hukumati", "serve", "--demo"];
    let cli = Cli::parse_from(words);
    match cli.command {
        Some(Command::Serve(options)) => serve::run(&options),
        _ => anyhow::bail!("the demo's own words are not understood"),
    }
}

/// The one place that writes to standard output.
#[expect(clippy::print_stdout, reason = "what a command was asked to print")]
pub(crate) fn print(text: &str) {
    println!("{}", text.trim_end());
}
