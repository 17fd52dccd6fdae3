//! `headwater key …`: API keys, as a local administrator.

use std::convert::Infallible;

use anyhow::{Context, bail};
use domain::id::{ApiKeyId, OrgId};
use infra::auth::secret;
use infra::config::Overrides;
use infra::database::{Error, api_keys, orgs};
use serde_json::json;

use super::ground::Usage;
use super::{Outcome, ground, print};
use crate::cli::{Common, Key};
use crate::compose::Ground;

/// Works beside a running server and without one.
pub(crate) async fn run(common: &Common, command: Key) -> anyhow::Result<Outcome> {
    if let Key::New { scope, .. } = &command {
        for name in scope {
            if !api::auth::rights::is_scope(name) {
                return Err(
                    Usage(format!("`{name}` is no scope, such as comments:read or *")).into()
                );
            }
        }
    }
    let (config, _) = ground::load(common, Overrides::new())?;
    let (ground, _) = Ground::open(&config).await?;
    let org = orgs::first(ground.database.read()).await?.context("there is no organisation")?;
    let org_id = OrgId::from_uuid(org.id);
    let text = match command {
        Key::New { scope, label } => {
            let label = label.unwrap_or_else(|| "command line".to_owned());
            new(&ground, org_id, scope, label, common.json).await
        }
        Key::List => list(&ground, org_id, common.json).await,
        Key::Revoke { id } => revoke(&ground, org_id, &id).await,
    };
    ground.close().await;
    print(&text?)?;
    Ok(Outcome::Good)
}

async fn new(
    ground: &Ground,
    org_id: OrgId,
    scopes: Vec<String>,
    name: String,
    as_json: bool,
) -> anyhow::Result<String> {
    let secret = secret::make(secret::Kind::ApiKey, &ground.ids);
    let new = api_keys::New {
        id: ground.ids.next(),
        org_id,
        name,
        prefix: secret.prefix().to_owned(),
        hash: secret.hash(),
        scopes,
        created_at: ground.clock.now(),
        expires_at: None,
    };
    let id = new.id;
    let written = ground.database.write::<_, Infallible, _>(move |tx| {
        let new = new.clone();
        Box::pin(async move { Ok(api_keys::insert(tx, new).await?) })
    });
    written.await.map_err(Error::from).context("cannot make the key")?;
    if as_json {
        return Ok(json!({"id": id, "key": secret.expose()}).to_string());
    }
    Ok(format!("id  {id}\nkey {}   (shown once)", secret.expose()))
}

async fn list(ground: &Ground, org_id: OrgId, as_json: bool) -> anyhow::Result<String> {
    const KEYS_MAX: u64 = 200;
    let rows = api_keys::page_after(ground.database.read(), org_id, None, KEYS_MAX).await?;
    let lines = rows.iter().map(|row| {
        let id = ApiKeyId::from_uuid(row.id);
        let state = if row.revoked_at.is_some() { "revoked" } else { "good" };
        if as_json {
            json!({"id": id, "prefix": row.prefix, "name": row.name, "scopes": row.scopes, "state": state})
                .to_string()
        } else {
            format!("{id}  {}…  {state:<7}  {}", row.prefix, row.name)
        }
    });
    Ok(lines.collect::<Vec<_>>().join("\n"))
}

async fn revoke(ground: &Ground, org_id: OrgId, id: &str) -> anyhow::Result<String> {
    let key: ApiKeyId = id.parse().map_err(|error| Usage(format!("`{id}`: {error}")))?;
    let now = ground.clock.now();
    let written = ground.database.write::<_, Infallible, _>(move |tx| {
        Box::pin(async move { Ok(api_keys::revoke(tx, org_id, key, now).await?) })
    });
    if !written.await.map_err(Error::from)? {
        bail!("there is no good key {id}");
    }
    Ok(format!("revoked {id}"))
}
