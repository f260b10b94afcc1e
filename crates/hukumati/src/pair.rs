//! The demo's two security servers: the portal's, and the ministry's with the
//! sample registers behind it. Each has its own folder, keys, log and address,
//! and joins with an invitation as any other.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use catalogue::Catalogue;
use exchange::connector::Places;
use exchange::server::enrol::Invitation;
use exchange::server::{Behind, Setup};
use sandbox::registry::{Operation, told};
use services::Editions;
use store::Ctx;
use tokio::task::JoinHandle;
use web::serve::Bound;

use crate::cli::{Place, print};
use crate::config::Config;
use crate::folder::{self, Purpose};
use crate::house::Opened;
use crate::security_server::{self, Doors, Settings, schemas, start};

/// The ministry's server in the demo.
const MINISTRY: &str = "SS2";
/// The portal's.
const PORTAL: &str = "SS1";

/// How often a demo looks for operations that were saved.
const LOOK: Duration = Duration::from_secs(1);

/// The addresses of the pair.
pub(crate) struct PairDoors {
    /// Where the portal asks.
    pub(crate) exchange: Bound,
    /// Where the ministry's server answers other servers; none when it runs as
    /// a process of its own.
    pub(crate) peer: Option<Bound>,
}

/// Starts the pair; whatever runs ends with the returned tasks. The ministry's
/// server answers the operations of `places` itself.
pub(crate) async fn start_pair(opened: &Opened<'_>, doors: PairDoors, places: &Places) -> Result<Vec<JoinHandle<()>>> {
    let Opened { ctx, config, house, catalogue, place, reach, stop, .. } = *opened;
    let told = told::operations(&places.operations).context("the operations that registers are told by")?;
    let behind: HashMap<String, String> = Operation::ALL
        .into_iter()
        .map(|operation| (operation.identifier().to_owned(), operation.path().to_owned()))
        .chain(told.into_iter().map(|operation| (operation.clone(), format!("{}/{operation}", told::PATH))))
        .map(|(operation, path)| (operation, format!("{reach}/demo/registers{path}")))
        .collect();
    let connectors = security_server::connectors(Some(places.clone()), Purpose::Demo)?;
    let here = connectors.as_ref().map(|connectors| connectors.identifiers()).unwrap_or_default();
    let mut subsystems: Vec<String> =
        behind.keys().chain(&here).filter_map(|operation| Some(operation.rsplit_once('/')?.0.to_owned())).collect();
    subsystems.sort();
    subsystems.dedup();
    agree(ctx, config, catalogue, &places.operations).await?;
    let following =
        tokio::spawn(follow(ctx.clone(), config.clone(), Arc::clone(&house.editions), places.operations.clone()));
    let ministry = house.central.invite(ctx, MINISTRY, subsystems).await.context("the ministry's invitation")?;
    let mut tasks = match doors.peer {
        Some(door) => {
            let behind = behind.into_iter().map(|(operation, url)| (operation, Behind { url })).collect();
            let address = format!("https://{}", door.address());
            let setup = Setup { invitation: ministry, address, behind, connectors };
            let doors = Doors { inner: None, outer: Some(door), admin: None };
            start(folder::open_server(place, MINISTRY, &schemas())?, setup, doors, stop).await?
        }
        None => {
            let file = hand_out(place, &ministry, behind, places)?;
            print(&format!(
                "The ministry's security server is awaited: hukumati serve --demo --only {} --config {}",
                security_server::ROLE,
                file.display()
            ));
            Vec::new()
        }
    };
    let invitation = house.central.invite(ctx, PORTAL, vec![config.exchange.subsystem.clone()]).await;
    let setup = Setup {
        invitation: invitation.context("the portal's invitation")?,
        address: format!("https://{}", doors.exchange.address()),
        behind: HashMap::new(),
        connectors: None,
    };
    let doors = Doors { inner: Some(doors.exchange), outer: None, admin: None };
    tasks.push(following);
    tasks.extend(start(folder::open_server(place, PORTAL, &schemas())?, setup, doors, stop).await?);
    Ok(tasks)
}

/// Writes the invitation and the configuration of a server that runs as a
/// process of its own.
fn hand_out(
    place: &Place,
    invitation: &Invitation,
    behind: HashMap<String, String>,
    places: &Places,
) -> Result<PathBuf> {
    let folder = place.data.join(folder::SERVERS);
    std::fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    let file = folder.join(format!("{}.invitation.json", invitation.code));
    std::fs::write(&file, serde_json::to_string_pretty(invitation)?)
        .with_context(|| format!("{} cannot be written", file.display()))?;
    let settings = Settings {
        invitation: std::path::absolute(&file)?,
        address: None,
        behind,
        operations: Some(std::path::absolute(&places.operations)?),
        registers: places.registers.as_ref().map(std::path::absolute).transpose()?,
        databases: places.databases.clone(),
    };
    let table = HashMap::from([("security-server", settings)]);
    let config = folder.join(format!("{}.toml", invitation.code));
    std::fs::write(&config, toml::to_string(&table)?)
        .with_context(|| format!("{} cannot be written", config.display()))?;
    Ok(config)
}

/// In a demo a saved file of an operation is published without a restart, and what
/// a saved service asks is agreed: the servers fetch both with the next configuration.
async fn follow(ctx: Ctx, config: Config, editions: Arc<Editions>, operations: PathBuf) {
    let mut looks = tokio::time::interval(LOOK);
    let mut published = (saved_at(&operations), Arc::clone(&editions.now().catalogue));
    loop {
        looks.tick().await;
        let saved = (saved_at(&operations), Arc::clone(&editions.now().catalogue));
        if saved.0 == published.0 && Arc::ptr_eq(&saved.1, &published.1) {
            continue;
        }
        published = saved;
        let catalogue = &published.1;
        let again = async {
            interop::publish_folder(&ctx, &operations).await?;
            agree(&ctx, &config, catalogue, &operations).await
        };
        if let Err(error) = again.await {
            tracing::warn!(%error, "a saved operation was not published");
        }
    }
}

/// When each file of a folder was saved.
fn saved_at(folder: &Path) -> Vec<(PathBuf, SystemTime)> {
    let listed = std::fs::read_dir(folder).into_iter().flatten();
    let mut found: Vec<_> = listed
        .filter_map(Result::ok)
        .filter_map(|it| Some((it.path(), it.metadata().ok()?.modified().ok()?)))
        .collect();
    found.sort();
    found
}

/// The portal may ask what its services and sign-in need and what operations'
/// files suggest. Each is agreed once: from then on agreements are their
/// parties' own, and one that they ended does not come back.
async fn agree(ctx: &Ctx, config: &Config, catalogue: &Catalogue, operations: &Path) -> Result<()> {
    let registers = &config.registers;
    let identitys =
        [&registers.person, &registers.numbers, &registers.family, &registers.signatory, &registers.company];
    let mut wanted: Vec<String> = identitys.into_iter().cloned().collect();
    let suggested = interop::suggested_agreements(operations).context("the agreements that operations suggest")?;
    wanted.extend(suggested.into_iter().filter(|(client, _)| *client == config.exchange.subsystem).map(|(_, it)| it));
    wanted.extend(catalogue.summaries().flat_map(|service| service.operations.iter().cloned()));
    wanted.sort();
    wanted.dedup();
    for operation in wanted {
        let (consumer, asked) = (config.exchange.subsystem.clone(), operation.clone());
        if !ctx.read(move |read| interop::was_agreed(read, &consumer, &asked)).await? {
            interop::agree(ctx, &config.exchange.subsystem, &operation).await.context("an agreement")?;
        }
    }
    Ok(())
}
