//! Where objects are.

use std::path::PathBuf;

use super::Secret;
use crate::object::Bucket;

/// An object store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Store {
    /// A folder.
    Files(PathBuf),
    /// A bucket, as `s3://BUCKET` (AWS) or `s3+https://HOST[:PORT]/BUCKET`.
    S3 {
        /// The server; `None` is AWS in `region`.
        endpoint: Option<String>,
        /// The bucket's name.
        bucket: String,
        /// Any word for servers that have none.
        region: String,
        /// The public half of the credentials.
        access_key: String,
        /// The secret half.
        secret_key: Secret,
    },
}

/// Takes a store's address apart: server and bucket.
pub(super) fn parse(url: &str) -> Result<(Option<String>, String), String> {
    let wrong = || format!("`{url}` is no store: s3://BUCKET or s3+https://HOST/BUCKET");
    let (endpoint, bucket) = if let Some(bucket) = url.strip_prefix("s3://") {
        (None, bucket)
    } else {
        let address = url.strip_prefix("s3+").ok_or_else(wrong)?;
        if !address.starts_with("http://") && !address.starts_with("https://") {
            return Err(wrong());
        }
        let (server, bucket) = address.rsplit_once('/').ok_or_else(wrong)?;
        (Some(server.to_owned()), bucket)
    };
    let named = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    if bucket.is_empty()
        || !bucket.chars().all(named)
        || matches!(endpoint.as_deref(), Some("http:/" | "https:/"))
    {
        return Err(wrong());
    }
    Ok((endpoint, bucket.to_owned()))
}

impl Store {
    /// The bucket as the S3 client takes it; `None` for a folder.
    pub fn bucket(&self) -> Option<Bucket> {
        match self {
            Self::Files(_) => None,
            Self::S3 { endpoint, bucket, region, access_key, secret_key } => Some(Bucket {
                endpoint: endpoint.clone(),
                name: bucket.clone(),
                region: region.clone(),
                access_key: access_key.clone(),
                secret_key: secret_key.clone(),
                path_style: endpoint.is_some(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_store_is_a_bucket_at_amazon_or_at_a_server() {
        let cases = [
            ("s3://videos", Some((None, "videos"))),
            ("s3+http://127.0.0.1:8333/videos", Some((Some("http://127.0.0.1:8333"), "videos"))),
            ("s3+https://s3.internal/a.b-c", Some((Some("https://s3.internal"), "a.b-c"))),
            ("s3://", None),
            ("s3+https://s3.internal", None),
            ("s3+ftp://x/y", None),
            ("https://s3.internal/videos", None),
            ("s3://a b", None),
        ];
        for (url, wanted) in cases {
            let parsed = parse(url).ok();
            let wanted = wanted.map(|(server, bucket): (Option<&str>, &str)| {
                (server.map(str::to_owned), bucket.to_owned())
            });
            assert_eq!(parsed, wanted, "{url}");
        }
    }
}
