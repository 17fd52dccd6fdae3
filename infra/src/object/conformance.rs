//! What every store promises, as one suite: memory, files and a real S3 server all run it.

use bytes::Bytes;

use super::{Error, Listed, Meta, ObjectStore};

/// Checks a store that holds nothing yet.
pub(super) async fn check(store: &dyn ObjectStore) {
    an_object_reads_back_whole_and_in_ranges(store).await;
    a_second_put_replaces_the_first(store).await;
    a_missing_object_is_told_as_missing(store).await;
    keys_that_leave_the_store_are_refused(store).await;
    a_listing_goes_on_where_it_stopped(store).await;
    deleting_is_idempotent(store).await;
}

async fn put(store: &dyn ObjectStore, key: &str, pieces: &[&'static str]) {
    let body = pieces.iter().map(|piece| Bytes::from_static(piece.as_bytes())).collect();
    store.put(key, body, Meta::of_key(key)).await.expect("the store takes objects");
}

async fn an_object_reads_back_whole_and_in_ranges(store: &dyn ObjectStore) {
    put(store, "media/b/1.m4s", &["one", "", "two", "three"]).await;
    let head = store.head("media/b/1.m4s").await.unwrap();
    assert_eq!(head.size, 11);
    // Who can be asked for an object tells its headers as they were given.
    let given = Meta::of_key("1.m4s");
    assert!(head.content_type.is_none_or(|told| told == given.content_type));
    assert!(head.cache_control.is_none_or(|told| told == given.cache_control));
    for (range, expected) in [
        (None, "onetwothree"),
        (Some(0..3), "one"),
        (Some(3..6), "two"),
        (Some(6..1_000), "three"),
        (Some(0..u64::MAX), "onetwothree"),
    ] {
        assert_eq!(store.get("media/b/1.m4s", range.clone()).await.unwrap(), expected, "{range:?}");
    }
    let past = store.get("media/b/1.m4s", Some(11..12)).await;
    assert!(matches!(past, Err(Error::Range { .. })), "{past:?}");

    put(store, "media/b/empty", &[]).await;
    assert_eq!(store.get("media/b/empty", None).await.unwrap(), "");
    let large = Bytes::from(vec![7; 3 << 20]);
    store.put("media/b/large", vec![large.clone(), large], Meta::of_key("large")).await.unwrap();
    assert_eq!(store.head("media/b/large").await.unwrap().size, 6 << 20);
    assert_eq!(
        store.get("media/b/large", Some((3 << 20) - 1..(3 << 20) + 1)).await.unwrap(),
        "\x07\x07"
    );
}

async fn a_second_put_replaces_the_first(store: &dyn ObjectStore) {
    put(store, "page", &["old and long"]).await;
    put(store, "page", &["new"]).await;
    assert_eq!(store.get("page", None).await.unwrap(), "new");
}

async fn a_missing_object_is_told_as_missing(store: &dyn ObjectStore) {
    for key in ["nothing", "media/b", "page/below"] {
        let got = store.get(key, None).await;
        assert!(matches!(got, Err(Error::NotFound(_))), "{key}: {got:?}");
        let head = store.head(key).await;
        assert!(matches!(head, Err(Error::NotFound(_))), "{key}: {head:?}");
    }
}

async fn keys_that_leave_the_store_are_refused(store: &dyn ObjectStore) {
    for key in ["", "/etc/passwd", "../x", "a/../../x", "a b"] {
        let put = store.put(key, Vec::new(), Meta::of_key(key)).await;
        assert!(matches!(put, Err(Error::InvalidKey(_))), "{key}: {put:?}");
        assert!(matches!(
            store.get(key, None).await,
            Err(Error::InvalidKey(_) | Error::NotFound(_))
        ));
    }
}

async fn a_listing_goes_on_where_it_stopped(store: &dyn ObjectStore) {
    let keys = ["list/a-b", "list/a.b", "list/a/b", "list/a0", "list/b/c/d", "list/b/c/e"];
    for key in &keys {
        put(store, key, &["x"]).await;
    }
    let expected: Vec<_> = keys.iter().map(|key| Listed { key: (*key).into(), size: 1 }).collect();
    assert_eq!(sorted(store.list("list/", None, 100).await.unwrap()), expected);
    let mut paged: Vec<Listed> = Vec::new();
    loop {
        let after = paged.last().map(|last| last.key.clone());
        let page = store.list("list/", after.as_deref(), 2).await.unwrap();
        if page.is_empty() {
            break;
        }
        paged.extend(page);
        assert!(paged.len() <= expected.len(), "a page came twice: {paged:?}");
    }
    assert_eq!(sorted(paged), expected);
    assert_eq!(store.list("list/b/c/d", None, 100).await.unwrap().len(), 1);
    assert_eq!(store.list("list/nothing/", None, 100).await.unwrap(), []);
}

/// Stores differ in where `a/b` stands among `a-b` and `a.b`.
fn sorted(mut listed: Vec<Listed>) -> Vec<Listed> {
    listed.sort_by(|left, right| left.key.cmp(&right.key));
    listed
}

async fn deleting_is_idempotent(store: &dyn ObjectStore) {
    put(store, "gone/1", &["x"]).await;
    put(store, "gone/2", &["x"]).await;
    let keys = ["gone/1".to_owned(), "gone/2".into(), "gone/never".into()];
    store.delete_many(&keys).await.unwrap();
    store.delete_many(&keys).await.unwrap();
    store.delete_many(&[]).await.unwrap();
    assert_eq!(store.list("gone/", None, 100).await.unwrap(), []);
}
