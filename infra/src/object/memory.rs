//! Objects in memory: for tests of what uses a store.

use std::{collections::BTreeMap, ops::Range};

use bytes::{Bytes, BytesMut};
use futures_util::{FutureExt as _, future::BoxFuture};
use parking_lot::RwLock;

use super::{Error, Head, LIST_MAX, Listed, Meta, ObjectStore, check_key, clamp};

/// Holds every object in memory and forgets them with itself.
#[derive(Debug, Default)]
pub struct Memory {
    objects: RwLock<BTreeMap<String, Bytes>>,
}

impl Memory {
    fn read(&self, key: &str) -> Result<Bytes, Error> {
        self.objects.read().get(key).cloned().ok_or_else(|| Error::NotFound(key.into()))
    }

    fn write(&self, key: &str, body: Vec<Bytes>) -> Result<(), Error> {
        check_key(key)?;
        let mut whole = BytesMut::with_capacity(body.iter().map(Bytes::len).sum());
        for piece in body {
            whole.extend_from_slice(&piece);
        }
        self.objects.write().insert(key.into(), whole.freeze());
        Ok(())
    }

    fn slice(&self, key: &str, range: Option<Range<u64>>) -> Result<Bytes, Error> {
        let whole = self.read(key)?;
        let Some(range) = range else { return Ok(whole) };
        let kept = clamp(&range, whole.len() as u64)?;
        let index = |at: u64| usize::try_from(at).expect("clamped to a length in memory");
        Ok(whole.slice(index(kept.start)..index(kept.end)))
    }

    fn page(&self, prefix: &str, after: Option<&str>, limit: usize) -> Vec<Listed> {
        let objects = self.objects.read();
        objects
            .range(prefix.to_owned()..)
            .take_while(|(key, _)| key.starts_with(prefix))
            .filter(|(key, _)| after.is_none_or(|after| key.as_str() > after))
            .take(limit.min(LIST_MAX))
            .map(|(key, body)| Listed { key: key.clone(), size: body.len() as u64 })
            .collect()
    }
}

impl ObjectStore for Memory {
    fn put<'a>(
        &'a self,
        key: &'a str,
        body: Vec<Bytes>,
        _meta: Meta,
    ) -> BoxFuture<'a, Result<(), Error>> {
        async move { self.write(key, body) }.boxed()
    }

    fn get<'a>(
        &'a self,
        key: &'a str,
        range: Option<Range<u64>>,
    ) -> BoxFuture<'a, Result<Bytes, Error>> {
        async move { self.slice(key, range) }.boxed()
    }

    fn head<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Head, Error>> {
        async move {
            let size = self.read(key)?.len() as u64;
            Ok(Head { size, content_type: None, cache_control: None })
        }
        .boxed()
    }

    fn delete_many<'a>(&'a self, keys: &'a [String]) -> BoxFuture<'a, Result<(), Error>> {
        async move {
            let mut objects = self.objects.write();
            for key in keys {
                objects.remove(key);
            }
            Ok(())
        }
        .boxed()
    }

    fn list<'a>(
        &'a self,
        prefix: &'a str,
        after: Option<&'a str>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Listed>, Error>> {
        async move { Ok(self.page(prefix, after, limit)) }.boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::conformance;

    #[tokio::test]
    async fn memory_keeps_the_promises_of_a_store() {
        conformance::check(&Memory::default()).await;
    }
}
