//! A round trip through the configured store: every kind of request that the program makes of it.

use bytes::Bytes;
use infra::object::{Error, Head, Meta, Store};

/// Why the store can't be relied on: what went wrong, and what to do.
#[derive(Debug, thiserror::Error)]
#[error("{what}: {fix}")]
pub(super) struct Fault {
    what: String,
    fix: &'static str,
}

const REACH: &str = "check store.url, HEADWATER_STORE_KEY and HEADWATER_STORE_SECRET";
const ROOM: &str = "make room, or name another store";
const READ: &str = "allow this key to read (s3:GetObject), and let no proxy change what it sends";
const RANGE: &str = "a store must answer ranges: let no proxy in front of it drop `Range`";
const HEADERS: &str = "a CDN that reads the bucket needs them: let no proxy or policy of the store drop Content-Type and Cache-Control";
const LIST: &str = "allow this key to list the bucket (s3:ListBucket): deleted recordings go by it";
const DELETE: &str = "allow this key to delete (s3:DeleteObject)";

/// Writes an object, asks for its headers, reads it whole and in part, finds it in a listing, and
/// deletes it again.
pub(super) async fn round_trip(store: &Store) -> Result<String, Fault> {
    const FOLDER: &str = "meta/doctor/";
    const BODY: Bytes = Bytes::from_static(b"headwater");
    let key = format!("{FOLDER}round-trip.m4s");
    let meta = Meta::of_key(&key);
    store.put(&key, vec![BODY], meta).await.map_err(|error| refused("write", &error, REACH))?;
    let read = read(store, &key, &BODY, meta).await;
    let listed = store.list(FOLDER, None, 10).await;
    // Whatever was found, nothing is left behind.
    let deleted = store.delete_many(std::slice::from_ref(&key)).await;
    let told = read?;
    let listed = listed.map_err(|error| refused("list", &error, LIST))?;
    if !listed.iter().any(|object| object.key == key && object.size == BODY.len() as u64) {
        return Err(wrong("the listing lacks an object that was just written", LIST));
    }
    deleted.map_err(|error| refused("delete", &error, DELETE))?;
    match store.head(&key).await {
        Err(Error::NotFound(_)) => {}
        _ => return Err(wrong("a deleted object is still there", DELETE)),
    }
    Ok(format!("an object was written, read whole and in part{told}, listed and deleted"))
}

/// Reads what was written in every way; tells whether headers were seen.
async fn read(store: &Store, key: &str, body: &Bytes, meta: Meta) -> Result<&'static str, Fault> {
    let head = store.head(key).await.map_err(|error| refused("describe", &error, READ))?;
    let whole = store.get(key, None).await.map_err(|error| refused("read", &error, READ))?;
    if whole != *body || head.size != body.len() as u64 {
        return Err(wrong("what was read is not what was written", READ));
    }
    let range = store.get(key, Some(4..9)).await;
    if range.map_err(|error| refused("read a part of", &error, RANGE))? != body.slice(4..9) {
        return Err(wrong("a range of an object is not that range", RANGE));
    }
    match head {
        // Files: nobody fetches them but through this program, which knows the headers.
        Head { content_type: None, cache_control: None, .. } => Ok(""),
        Head { content_type: Some(kind), cache_control: Some(kept), .. }
            if kind == meta.content_type && kept == meta.cache_control =>
        {
            Ok(" with its headers")
        }
        Head { content_type, cache_control, .. } => {
            let shown = |header: Option<String>| header.unwrap_or_else(|| "none".to_owned());
            let (kind, kept) = (shown(content_type), shown(cache_control));
            Err(wrong(
                &format!("Content-Type came back as `{kind}`, Cache-Control as `{kept}`"),
                HEADERS,
            ))
        }
    }
}

fn refused(what: &str, error: &Error, fix: &'static str) -> Fault {
    let fix = if matches!(error, Error::Full(_)) { ROOM } else { fix };
    Fault { what: format!("can't {what} an object: {error}"), fix }
}

fn wrong(what: &str, fix: &'static str) -> Fault {
    Fault { what: what.to_owned(), fix }
}

#[cfg(test)]
mod tests {
    use std::ops::Range;
    use std::sync::Arc;

    use futures_util::FutureExt as _;
    use futures_util::future::BoxFuture;
    use infra::object::{Listed, Memory, ObjectStore};

    use super::*;

    /// What a store does wrong.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum Spoilt {
        Nothing,
        IsFull,
        Refuses,
        Cuts,
        SendsAll,
        ForgetsHeaders,
        HidesObjects,
        ForbidsLists,
        KeepsAll,
    }

    /// A store that tells headers, as a bucket does, and does one thing wrong.
    #[derive(Debug)]
    struct Bucket {
        inner: Memory,
        spoilt: Spoilt,
    }

    fn unavailable<T>() -> BoxFuture<'static, Result<T, Error>> {
        async { Err(Error::Unavailable("access denied".into())) }.boxed()
    }

    impl ObjectStore for Bucket {
        fn put<'a>(
            &'a self,
            key: &'a str,
            body: Vec<Bytes>,
            meta: Meta,
        ) -> BoxFuture<'a, Result<(), Error>> {
            match self.spoilt {
                Spoilt::IsFull => async { Err(Error::Full("no space".into())) }.boxed(),
                Spoilt::Refuses => unavailable(),
                _ => self.inner.put(key, body, meta),
            }
        }

        fn get<'a>(
            &'a self,
            key: &'a str,
            range: Option<Range<u64>>,
        ) -> BoxFuture<'a, Result<Bytes, Error>> {
            let spoilt = self.spoilt;
            let range = range.filter(|_| spoilt != Spoilt::SendsAll);
            let read = self.inner.get(key, range);
            async move {
                let bytes = read.await?;
                Ok(if spoilt == Spoilt::Cuts { bytes.slice(..bytes.len() / 2) } else { bytes })
            }
            .boxed()
        }

        fn head<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Head, Error>> {
            let meta = Meta::of_key(key);
            async move {
                let head = self.inner.head(key).await?;
                let told = (self.spoilt != Spoilt::ForgetsHeaders).then_some(meta.cache_control);
                let cache_control = told.map(str::to_owned);
                Ok(Head { content_type: Some(meta.content_type.to_owned()), cache_control, ..head })
            }
            .boxed()
        }

        fn delete_many<'a>(&'a self, keys: &'a [String]) -> BoxFuture<'a, Result<(), Error>> {
            match self.spoilt {
                Spoilt::KeepsAll => async { Ok(()) }.boxed(),
                _ => self.inner.delete_many(keys),
            }
        }

        fn list<'a>(
            &'a self,
            prefix: &'a str,
            after: Option<&'a str>,
            limit: usize,
        ) -> BoxFuture<'a, Result<Vec<Listed>, Error>> {
            match self.spoilt {
                Spoilt::HidesObjects => async { Ok(Vec::new()) }.boxed(),
                Spoilt::ForbidsLists => unavailable(),
                _ => self.inner.list(prefix, after, limit),
            }
        }
    }

    #[tokio::test]
    async fn each_thing_that_a_store_does_wrong_is_told_with_what_to_do() {
        for (spoilt, what, fix) in [
            (Spoilt::IsFull, "the object store is full", ROOM),
            (Spoilt::Refuses, "can't write an object", REACH),
            (Spoilt::Cuts, "not what was written", READ),
            (Spoilt::SendsAll, "not that range", RANGE),
            (Spoilt::ForgetsHeaders, "Cache-Control as `none`", HEADERS),
            (Spoilt::HidesObjects, "the listing lacks", LIST),
            (Spoilt::ForbidsLists, "can't list an object", LIST),
            (Spoilt::KeepsAll, "still there", DELETE),
        ] {
            let store: Store = Arc::new(Bucket { inner: Memory::default(), spoilt });
            let said = round_trip(&store).await.unwrap_err().to_string();
            assert!(said.contains(what) && said.ends_with(fix), "{spoilt:?}: {said}");
            let left = store.get("meta/doctor/round-trip.m4s", None).await;
            assert_eq!(left.is_ok(), spoilt == Spoilt::KeepsAll, "{spoilt:?} leaves nothing");
        }
    }

    #[tokio::test]
    async fn a_sound_store_is_told_with_and_without_headers() {
        let bucket = Bucket { inner: Memory::default(), spoilt: Spoilt::Nothing };
        for (store, tells) in
            [(Arc::new(bucket) as Store, true), (Arc::new(Memory::default()), false)]
        {
            let said = round_trip(&store).await.unwrap();
            assert_eq!(said.contains("with its headers"), tells, "{said}");
        }
    }
}
