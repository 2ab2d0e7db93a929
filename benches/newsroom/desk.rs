//! The desk's lists: coverage and assignments, at each number of stories in eight languages.
//!
//! The rows are written by SQL: it is the reading that counts, and making them one by one would take hours.

use crate::data;
use crate::load::{Figures, Script, median_of};
use crate::postgres::Cluster;
use crate::server::{House, Server};
use crate::writes::{hire, sign_in};
use crate::{Engine, Options};
use anyhow::{Result, bail};
use newsroom::clock::Clock;
use newsroom::db::{Db, Reader, Sql};
use newsroom::sql;
use std::path::Path;

/// What is asked for.
const PAGES: [&str; 6] = [
    "/v1/coverage",
    "/v1/coverage?languages=az,kk&missing_language=kk-Latn",
    "/v1/coverage?overdue=true",
    "/v1/assignments",
    "/v1/assignments?open=true&language=kk",
    "/v1/assignments?overdue=true",
];
/// Few enough that nothing waits for anything else.
const CONNECTIONS: u16 = 2;

/// One story a second, the newest now.
const ARTICLES: Sql = sql!(
    "INSERT INTO articles (id, agency_id, original_language, slugline, topics, related, urgency, shared, created_by, version, created_at, updated_at, updated_by) "
    ["WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1) SELECT randomblob(16)"
        | "WITH n AS (SELECT generate_series(1, $1) AS i) SELECT gen_random_uuid()"]
    ", (SELECT g.id FROM agencies g WHERE (SELECT count(*) FROM agencies h WHERE h.id < g.id) = n.i % 7), 'az', 'BENCH', '[]', '[]', 5, "
    ["1" | "true"] ", (SELECT id FROM staff WHERE email_key = $2), 1, " ["$3 - n.i * 1000000" | "$3 - n.i * interval '1 second'"] ", "
    ["$3 - n.i * 1000000" | "$3 - n.i * interval '1 second'"] ", (SELECT id FROM staff WHERE email_key = $2) FROM n"
);
const TRANSLATIONS: &str = "INSERT INTO translations (article_id, language, agency_id, is_original, publication, review, revision, base_revision, headline, \
     headline_key, created_by, last_author, version, created_at, updated_at, updated_by) SELECT a.id, l.tag, a.agency_id, l.tag = 'az', 'unreleased', 'draft', 1, 1, 'h', \
     'h', a.created_by, a.created_by, 1, a.created_at, a.updated_at, a.created_by FROM articles a, (SELECT 'az' AS tag UNION ALL SELECT 'tr' UNION ALL SELECT 'kk' \
     UNION ALL SELECT 'ky' UNION ALL SELECT 'uz' UNION ALL SELECT 'tk' UNION ALL SELECT 'ru' UNION ALL SELECT 'en') l WHERE a.slugline = 'BENCH'";
/// Work on every text; that on two of eight is open, and half of it late.
const ASSIGNMENTS: Sql = sql!(
    "INSERT INTO assignments (id, article_id, language, kind, state, story_agency_id, agency_id, requested_agency_id, requested_by, due_at, version, created_at, \
     updated_at, updated_by, closed_at) SELECT " ["randomblob(16)" | "gen_random_uuid()"] ", t.article_id, t.language, 'translate', \
     CASE WHEN t.language IN ('kk', 'ky') THEN 'requested' ELSE 'accepted' END, t.agency_id, t.agency_id, t.agency_id, t.created_by, "
    ["t.updated_at + CASE WHEN t.language = 'kk' THEN 864000000000 ELSE 0 END" | "t.updated_at + CASE WHEN t.language = 'kk' THEN interval '10 days' ELSE interval '0' END"]
    ", 1, t.created_at, t.updated_at, t.created_by, CASE WHEN t.language NOT IN ('kk', 'ky') THEN t.updated_at END FROM translations t WHERE t.headline = 'h'"
);

/// A newsroom with so many stories.
struct Size {
    stories: usize,
    server: Server,
    house: House,
    password: String,
}

pub async fn run(options: &Options, engine: Engine, cluster: Option<&Cluster>, folder: &Path) -> Result<()> {
    let mut sizes = vec![];
    for stories in &options.sizes {
        sizes.push(Size::make(options, engine, cluster, folder, *stories).await?);
    }
    println!("## {}: the desk's lists, p50 in ms at {CONNECTIONS} connections\n", engine.name());
    let numbers: Vec<String> = options.sizes.iter().map(|stories| format!("{stories} × 8")).collect();
    println!("| page | {} | last to first |\n|---|{}---|", numbers.join(" | "), "---|".repeat(sizes.len()));
    for path in PAGES {
        let mut rounds: Vec<Vec<Figures>> = vec![vec![]; sizes.len()];
        for _ in 0..options.rounds {
            for (size, figures) in sizes.iter().zip(&mut rounds) {
                figures.push(size.ask(options, path)?);
            }
        }
        let times: Vec<f64> = rounds.iter().map(|rounds| median_of(rounds, |round| round.p50)).collect();
        let errors: u32 = rounds.iter().flatten().map(|round| round.errors).sum();
        let cells: Vec<String> = times.iter().map(|time| format!("{time:.2}")).collect();
        let (Some(first), Some(last)) = (times.first(), times.last()) else { bail!("there is no size") };
        let told = if errors == 0 { String::new() } else { format!(" ({errors} errors)") };
        println!("| `{path}`{told} | {} | {:.1} |", cells.join(" | "), last / first);
    }
    println!();
    for size in sizes {
        size.server.stop()?;
    }
    Ok(())
}

impl Size {
    async fn make(options: &Options, engine: Engine, cluster: Option<&Cluster>, folder: &Path, stories: usize) -> Result<Self> {
        let url = match cluster {
            None => None,
            Some(cluster) => Some(cluster.database(&format!("desk_{stories}")).await?),
        };
        let house = House::new(folder.join(format!("desk-{}-{stories}", engine.name().to_lowercase())), url, options.workers())?;
        data::found(&house).await?;
        let password = hire(&house)?;
        let db = Db::open(&house.url, 1).await?;
        let now = Clock::System.now();
        let mut tx = db.begin().await?;
        tx.query(ARTICLES).bind(i64::try_from(stories)?).bind("editor@trend.example").bind(now).execute().await?;
        tx.query(TRANSLATIONS).execute().await?;
        tx.query(ASSIGNMENTS).execute().await?;
        tx.commit().await?;
        data::settle(&db).await?;
        db.close().await;
        let server = house.serve()?;
        Ok(Self { stories, server, house, password })
    }

    /// As an editor of the platform, who sees all stories. Access tokens live for minutes: each run signs in anew.
    fn ask(&self, options: &Options, path: &str) -> Result<Figures> {
        let token = sign_in(&self.server, &self.password)?;
        let script = Script::read_as(&self.house.folder, &format!("desk-{}", self.stories), &token, &[path.to_owned()])?;
        script.run(options, CONNECTIONS, options.seconds, self.server.address)
    }
}
