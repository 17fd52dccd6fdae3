//! throw-away
use infra::{bus::Bus, clock::SystemClock, database::Database, object::Files, tasks::Tasks};
use std::sync::Arc;
#[tokio::main]
async fn main() {
    let tasks = Tasks::new();
    let clock = SystemClock::shared();
    let dir = std::path::PathBuf::from(std::env::args().nth(1).unwrap());
    let database =
        Database::open(&infra::config::Database::sqlite(dir.join("x.db")), &tasks, clock.clone())
            .await
            .unwrap();
    let parts = origin::Parts {
        database,
        bus: Bus::memory(),
        store: Arc::new(Files::open(dir.join("objects")).unwrap()),
        clock,
        tasks: tasks.clone(),
    };
    let settings =
        origin::Settings { rtmp: Some("127.0.0.1:19350".parse().unwrap()), ..Default::default() };
    let o = origin::Origin::start(settings, parts).await.unwrap();
    let l = tokio::net::TcpListener::bind("127.0.0.1:18080").await.unwrap();
    println!("ready {:?}", o.rtmp_address());
    let s =
        infra::http::serve(l, None, infra::http::Settings::default(), o.delivery(), tasks.clone());
    tokio::select! { () = s => {}, _ = tokio::signal::ctrl_c() => {} }
    println!("left {:?}", tasks.shutdown(std::time::Duration::from_secs(20)).await);
}
