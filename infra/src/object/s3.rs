//! Objects in S3 and in what speaks its protocol: AWS, SeaweedFS, Garage, Ceph.

use std::{fmt, ops::Range, time::Duration};

use aws_sdk_s3::{
    Client,
    config::{
        BehaviorVersion, Credentials, Region, RequestChecksumCalculation,
        ResponseChecksumValidation, StalledStreamProtectionConfig, retry::RetryConfig,
        timeout::TimeoutConfig,
    },
    error::{ProvideErrorMetadata, SdkError},
    primitives::{ByteStream, SdkBody},
    types::{Delete, ObjectIdentifier},
};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use bytes::Bytes;
use futures_util::{FutureExt as _, future::BoxFuture};

use super::{BoxError, Error, Head, LIST_MAX, Listed, Meta, ObjectStore, check_key};
use crate::{config::Secret, http::Chunks};

/// Keys of one `DeleteObjects` call, as S3 bounds it.
const DELETE_MAX: usize = 1_000;

/// Where the objects are and who we are there.
#[derive(Clone, Debug)]
pub struct Bucket {
    /// For example `http://127.0.0.1:8333`; `None` asks AWS in `region`.
    pub endpoint: Option<String>,
    /// The bucket's name; it must exist.
    pub name: String,
    /// Any word for servers that have none.
    pub region: String,
    /// The public half of the credentials.
    pub access_key: String,
    /// The secret half.
    pub secret_key: Secret,
    /// `endpoint/bucket/key` instead of `bucket.endpoint/key`.
    pub path_style: bool,
}

/// Objects in one bucket.
#[derive(Clone)]
pub struct S3 {
    client: Client,
    bucket: String,
}

impl fmt::Debug for S3 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3").field("bucket", &self.bucket).finish_non_exhaustive()
    }
}

impl S3 {
    /// A client of the bucket; does not connect yet. One a process: it loads the root certificates.
    pub fn new(bucket: &Bucket) -> Self {
        let plain = bucket.endpoint.as_ref().is_some_and(|url| url.starts_with("http://"));
        let builder = aws_smithy_http_client::Builder::new();
        let http_client = if plain {
            builder.build_http()
        } else {
            builder.tls_provider(Provider::Rustls(CryptoMode::AwsLc)).build_https()
        };
        let credentials = Credentials::new(
            &bucket.access_key,
            bucket.secret_key.expose(),
            None,
            None,
            "headwater configuration",
        );
        let mut config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(http_client)
            .region(Region::new(bucket.region.clone()))
            .credentials_provider(credentials)
            .force_path_style(bucket.path_style)
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
            .retry_config(RetryConfig::standard())
            .timeout_config(timeouts())
            .stalled_stream_protection(
                StalledStreamProtectionConfig::enabled()
                    .grace_period(Duration::from_secs(3))
                    .build(),
            );
        if let Some(endpoint) = &bucket.endpoint {
            config = config.endpoint_url(endpoint);
        }
        Self { client: Client::from_conf(config.build()), bucket: bucket.name.clone() }
    }

    async fn write(&self, key: &str, body: Vec<Bytes>, meta: Meta) -> Result<(), Error> {
        check_key(key)?;
        let length: usize = body.iter().map(Bytes::len).sum();
        // The pieces are cloned by reference for each attempt, so a retry costs no copy.
        let stream = SdkBody::retryable(move || SdkBody::from_body_1_x(Chunks::new(body.clone())));
        self.client
            .put_object()
            .bucket(&self.bucket)
            .key(key)
            .body(ByteStream::new(stream))
            .content_length(i64::try_from(length).unwrap_or(i64::MAX))
            .content_type(meta.content_type)
            .cache_control(meta.cache_control)
            .send()
            .await
            .map_err(|cause| refused(key, cause))?;
        Ok(())
    }

    async fn read(&self, key: &str, range: Option<Range<u64>>) -> Result<Bytes, Error> {
        check_key(key)?;
        if range.as_ref().is_some_and(Range::is_empty) {
            return Ok(Bytes::new());
        }
        let wanted = range.as_ref().map(wanted_range);
        let got = self
            .client
            .get_object()
            .bucket(&self.bucket)
            .key(key)
            .set_range(wanted)
            .send()
            .await
            .map_err(|cause| match range {
                Some(range) if status(&cause) == Some(416) => {
                    Error::Range { size: range.start, start: range.start }
                }
                _ => refused(key, cause),
            })?;
        let body = got.body.collect().await.map_err(|cause| Error::Unavailable(cause.into()))?;
        Ok(body.into_bytes())
    }

    async fn describe(&self, key: &str) -> Result<Head, Error> {
        check_key(key)?;
        let head = self.client.head_object().bucket(&self.bucket).key(key).send().await;
        let head = head.map_err(|cause| refused(key, cause))?;
        Ok(Head {
            size: u64::try_from(head.content_length().unwrap_or(0)).unwrap_or(0),
            content_type: head.content_type().map(str::to_owned),
            cache_control: head.cache_control().map(str::to_owned),
        })
    }

    async fn delete(&self, keys: &[String]) -> Result<(), Error> {
        for batch in keys.chunks(DELETE_MAX) {
            let mut delete = Delete::builder().quiet(true);
            for key in batch {
                check_key(key)?;
                let object = ObjectIdentifier::builder().key(key).build();
                delete = delete.objects(object.map_err(|cause| Error::Unavailable(cause.into()))?);
            }
            let delete = delete.build().map_err(|cause| Error::Unavailable(cause.into()))?;
            let request = self.client.delete_objects().bucket(&self.bucket).delete(delete);
            let answer = request.send().await.map_err(|cause| refused("", cause))?;
            if let Some(error) = answer.errors().first() {
                let told = error.message().unwrap_or("no reason given").to_owned();
                return Err(Error::Unavailable(told.into()));
            }
        }
        Ok(())
    }

    async fn page(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Listed>, Error> {
        let request = self
            .client
            .list_objects_v2()
            .bucket(&self.bucket)
            .prefix(prefix)
            .set_start_after(after.map(str::to_owned))
            .max_keys(i32::try_from(limit.min(LIST_MAX)).unwrap_or(i32::MAX));
        let answer = request.send().await.map_err(|cause| refused(prefix, cause))?;
        let line = |object: &aws_sdk_s3::types::Object| {
            let size = u64::try_from(object.size().unwrap_or(0)).unwrap_or(0);
            object.key().map(|key| Listed { key: key.to_owned(), size })
        };
        Ok(answer.contents().iter().filter_map(line).collect())
    }
}

/// Without an end where it is past what servers count in: some refuse it, some wrap it.
fn wanted_range(range: &Range<u64>) -> String {
    match i64::try_from(range.end) {
        Ok(end) => format!("bytes={}-{}", range.start, end - 1),
        Err(_) => format!("bytes={}-", range.start),
    }
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_millis(500))
        .read_timeout(Duration::from_secs(5))
        .operation_attempt_timeout(Duration::from_secs(10))
        .operation_timeout(Duration::from_secs(30))
        .build()
}

fn status<E>(cause: &SdkError<E>) -> Option<u16> {
    cause.raw_response().map(|response| response.status().as_u16())
}

fn refused<E>(key: &str, cause: SdkError<E>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let code = cause.code().unwrap_or_default().to_owned();
    match (status(&cause), code.as_str()) {
        (Some(404), code) if code != "NoSuchBucket" => Error::NotFound(key.into()),
        (Some(507), _) | (_, "QuotaExceeded" | "XMinioStorageFull") => Error::Full(cause.into()),
        _ => Error::Unavailable(BoxError::from(cause)),
    }
}

impl ObjectStore for S3 {
    fn put<'a>(
        &'a self,
        key: &'a str,
        body: Vec<Bytes>,
        meta: Meta,
    ) -> BoxFuture<'a, Result<(), Error>> {
        self.write(key, body, meta).boxed()
    }

    fn get<'a>(
        &'a self,
        key: &'a str,
        range: Option<Range<u64>>,
    ) -> BoxFuture<'a, Result<Bytes, Error>> {
        self.read(key, range).boxed()
    }

    fn head<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Head, Error>> {
        self.describe(key).boxed()
    }

    fn delete_many<'a>(&'a self, keys: &'a [String]) -> BoxFuture<'a, Result<(), Error>> {
        self.delete(keys).boxed()
    }

    fn list<'a>(
        &'a self,
        prefix: &'a str,
        after: Option<&'a str>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Listed>, Error>> {
        self.page(prefix, after, limit).boxed()
    }
}

#[cfg(test)]
mod tests;
