//! kill -9 under eight writers: what was acknowledged is there, and nothing is half there.

use super::dice::{Dice, histories, rounds};
use super::invariants::assert_whole;
use super::writers::{Sent, Writer, all_write, hire, wait_for};
use crate::support::house::House;
use newsroom::db::Reader;
use std::time::Duration;

/// Of a house that lasts, with texts of all the rounds before.
async fn killed_under_writers(house: House) {
    let (seed, _) = histories(1);
    let mut dice = Dice::new(seed, 0);
    let db = house.db().await;
    let (before,): (i64,) = db.query("SELECT count(*) FROM articles").one().await.unwrap();
    db.close().await;
    let mut all: Vec<Writer> = vec![];
    let mut in_doubt = 0;
    let mut service = house.serve(&[]);
    for round in 0..rounds(10, 50) {
        let mut writers = hire(&house, &service, &mut dice, &format!("r{round}")).await;
        let moment = Duration::from_millis(dice.below(200));
        all_write(
            &mut writers,
            |sent| sent == Sent::Acknowledged,
            |acknowledged| {
                let written = wait_for(acknowledged, 16, Duration::from_secs(30));
                std::thread::sleep(moment);
                service.kill();
                assert!(written, "nobody can write:\n{}", service.log());
            },
        );
        // Nobody else has the database open: it is the new process that recovers it.
        service = house.serve(&[]);
        let db = house.db().await;
        for writer in &mut writers {
            assert!(writer.wrong.is_empty(), "{:#?}", writer.wrong);
            in_doubt += writer.doubts();
            writer.resolve(service.client(&house.token(writer.email()).await));
            writer.check(&db).await;
        }
        assert_whole(&db).await;
        db.close().await;
        all.extend(writers);
    }
    assert!(in_doubt > 0, "nobody was interrupted");
    let db = house.db().await;
    for writer in &mut all {
        writer.resolve(service.client(""));
        writer.check(&db).await;
    }
    let (after,): (i64,) = db.query("SELECT count(*) FROM articles").one().await.unwrap();
    let made: usize = all.iter().map(Writer::articles).sum();
    assert_eq!(usize::try_from(after - before).unwrap(), made, "as many articles as were acknowledged, and no other");
    db.close().await;
}

#[actix_web::test]
async fn what_was_acknowledged_outlives_the_process_on_sqlite() {
    killed_under_writers(House::sqlite().await).await;
}

#[actix_web::test]
async fn what_was_acknowledged_outlives_the_process_on_postgres() {
    if let Some(house) = House::postgres().await {
        killed_under_writers(house).await;
    }
}
