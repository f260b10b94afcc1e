//! The demo's two security servers: the portal's, and the ministry's with the
//! sample registers behind it. Each has its own folder, keys, log and address,
//! and joins with an invitation as any other.

use std::collections::HashMap;
use std::path::PathBuf;

use anyhow::{Context, Result};
use exchange::server::enrol::Invitation;
use exchange::server::{Behind, Setup};
use sandbox::registry::{Operation, told};
use services::Catalogue;
use store::Ctx;
use tokio::task::JoinHandle;
use web::serve::Bound;

use crate::cli::{Place, print};
use crate::config::Config;
use crate::folder;
use crate::house::Opened;
use crate::security_server::{self, Doors, Settings, schemas, start};

/// The ministry's server in the demo.
const MINISTRY: &str = "SS2";
/// The portal's.
const PORTAL: &str = "SS1";

/// The addresses of the pair.
pub(crate) struct PairDoors {
    /// Where the portal asks.
    pub(crate) exchange: Bound,
    /// Where the ministry's server answers other servers; none when it runs as
    /// a process of its own.
    pub(crate) peer: Option<Bound>,
}

/// Starts the pair; whatever runs ends with the returned tasks.
pub(crate) async fn start_pair(opened: &Opened<'_>, doors: PairDoors) -> Result<Vec<JoinHandle<()>>> {
    let Opened { ctx, config, house, catalogue, place, reach, stop } = *opened;
    let behind: HashMap<String, String> = Operation::ALL
        .into_iter()
        .map(|operation| (operation.identifier(), operation.path()))
        .chain([told::MOVES])
        .map(|(operation, path)| (operation.to_owned(), format!("{reach}/demo/registers{path}")))
        .collect();
    let mut subsystems: Vec<String> =
        behind.keys().filter_map(|operation| Some(operation.rsplit_once('/')?.0.to_owned())).collect();
    subsystems.sort();
    subsystems.dedup();
    agree(ctx, config, catalogue).await?;
    let ministry = house.central.invite(ctx, MINISTRY, subsystems).await.context("the ministry's invitation")?;
    let mut tasks = match doors.peer {
        Some(door) => {
            let behind = behind.into_iter().map(|(operation, url)| (operation, Behind { url })).collect();
            let setup = Setup { invitation: ministry, address: format!("https://{}", door.address()), behind };
            let doors = Doors { inner: None, outer: Some(door), admin: None };
            start(folder::open_server(place, MINISTRY, &schemas())?, setup, doors, stop).await?
        }
        None => {
            let file = hand_out(place, &ministry, behind)?;
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
    };
    let doors = Doors { inner: Some(doors.exchange), outer: None, admin: None };
    tasks.extend(start(folder::open_server(place, PORTAL, &schemas())?, setup, doors, stop).await?);
    Ok(tasks)
}

/// Writes the invitation and the configuration of a server that runs as a
/// process of its own.
fn hand_out(place: &Place, invitation: &Invitation, behind: HashMap<String, String>) -> Result<PathBuf> {
    let folder = place.data.join(folder::SERVERS);
    std::fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    let file = folder.join(format!("{}.invitation.json", invitation.code));
    std::fs::write(&file, serde_json::to_string_pretty(invitation)?)
        .with_context(|| format!("{} cannot be written", file.display()))?;
    let settings = Settings { invitation: std::path::absolute(&file)?, address: None, behind };
    let table = HashMap::from([("security-server", settings)]);
    let config = folder.join(format!("{}.toml", invitation.code));
    std::fs::write(&config, toml::to_string(&table)?)
        .with_context(|| format!("{} cannot be written", config.display()))?;
    Ok(config)
}

/// On a fresh instance the portal may ask what its services and sign-in need;
/// from then on agreements are their parties' own.
async fn agree(ctx: &Ctx, config: &Config, catalogue: &Catalogue) -> Result<()> {
    if !ctx.read(interop::is_fresh).await? {
        return Ok(());
    }
    let mut wanted = vec![config.registers.person.clone(), config.registers.numbers.clone()];
    for service in catalogue.services() {
        wanted.extend(service.file.lookups.iter().map(|lookup| lookup.operation.clone()));
        wanted.extend(service.file.steps.iter().flat_map(|step| step.kind.operations()).map(str::to_owned));
    }
    wanted.sort();
    wanted.dedup();
    for operation in wanted {
        interop::agree(ctx, &config.exchange.subsystem, &operation).await.context("an agreement")?;
    }
    Ok(())
}
