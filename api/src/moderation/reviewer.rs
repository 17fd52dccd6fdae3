//! Who judges: a member, a viewer with the capability, or a partner's key as a user of its own.

use std::convert::Infallible;

use domain::id::UserId;
use futures_util::FutureExt as _;
use infra::database::{self, users};
use infra::http::problem::Problem;

use crate::App;
use crate::auth::Principal;

/// The reviewer whose name stands in claims, decisions and the audit log.
///
/// A key has a service user, made with its first claim: two keys never share an item.
pub(crate) async fn reviewer(app: &App, principal: &Principal) -> Result<UserId, Problem> {
    let Principal::Key(key) = principal else { return principal.user() };
    let external_id = format!("api-key:{}", key.id);
    let known = users::find_by_external_id(app.database.read(), key.org_id, &external_id).await?;
    if let Some(user) = known {
        return Ok(UserId::from_uuid(user.id));
    }
    let new = users::New {
        id: app.ids.next(),
        org_id: key.org_id,
        external_id: Some(external_id),
        display_name: "API key".to_owned(),
        kind: users::Kind::Service,
        locale: None,
        created_at: app.clock.now(),
    };
    let written = app.database.write::<_, Infallible, _>(move |tx| {
        let new = new.clone();
        async move { Ok(users::upsert_external(tx, new).await?) }.boxed()
    });
    Ok(written.await.map_err(database::Error::from)?)
}
