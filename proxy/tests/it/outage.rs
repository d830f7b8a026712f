//! An outage of a partner, judged by what the partner counts: little is asked of it while it is away, it is not run over
//! when it is back, its leads arrive once each, and no other account hears of it.

mod partner;
mod scene;

use std::time::Duration;

use lead_proxy::store::DeliveryState;
use partner::Away;
use scene::{FAILURES, PER_MINUTE, ROOM, SOUND, STRUCK, Scene};

const SECOND: Duration = Duration::from_secs(1);
const TENTH: Duration = Duration::from_millis(100);
const HOUR: Duration = Duration::from_secs(3_600);
/// Between two looks at a partner that is away.
const STEP: Duration = Duration::from_secs(5);

/// The course of an outage.
struct Course {
    /// How the partner is away, one way after the other, and how long.
    away: Vec<(Away, Duration)>,
    /// Leads of the account, all in all.
    leads: u32,
    /// Most attempts at once for an account.
    room: u32,
}

/// Ten leads a second for a partner that is well.
async fn live_well(scene: &mut Scene) {
    for _ in 0..20 {
        scene.accept(STRUCK, 1).await;
        scene.settle().await;
        assert_eq!(scene.struck.asked(), scene.accepted(STRUCK), "each at once");
        scene.advance(TENTH);
    }
    assert_eq!(scene.struck.leads(), 20);
}

/// The partner goes away while ten leads a second come in: until its breaker opens it is asked little more than they are.
async fn trip(scene: &mut Scene, away: Away) {
    scene.struck.go_away(away);
    let (asked, fresh) = (scene.struck.asked(), scene.accepted(STRUCK));
    while !scene.is_closed(STRUCK).await {
        assert!(scene.accepted(STRUCK) - fresh < 100, "the breaker does not open: {away:?}");
        scene.advance(TENTH);
        scene.accept(STRUCK, 1).await;
        scene.settle().await;
    }
    let (asked, fresh) = (scene.struck.asked() - asked, scene.accepted(STRUCK) - fresh);
    println!("{away:?}: {asked} requests for {fresh} new leads before the breaker opened");
    assert!(asked >= FAILURES, "{away:?}: broken after {asked} of {FAILURES}");
    assert!(asked * 10 <= fresh * 12, "{away:?}: {asked} requests for {fresh} new leads");
}

/// The partner stays away while the other leads come in: it is asked twice a minute at most.
async fn stay_away(scene: &mut Scene, course: &Course) {
    let steps: u32 = course.away.iter().map(|(_, long)| steps_of(*long)).sum();
    let batch = course.leads.saturating_sub(scene.accepted(STRUCK)).div_ceil(steps);
    let mut probes = Vec::new();
    for (away, long) in &course.away {
        scene.struck.go_away(*away);
        for _ in 0..steps_of(*long) {
            let before = scene.struck.asked();
            scene.advance(STEP);
            let left = course.leads - scene.accepted(STRUCK);
            scene.accept(STRUCK, batch.min(left)).await;
            scene.expect_no_delay_elsewhere().await;
            scene.settle().await;
            assert!(scene.is_closed(STRUCK).await);
            probes.push(scene.struck.asked() - before);
        }
    }
    assert_eq!(scene.accepted(STRUCK), course.leads);
    let most: u32 = probes.windows(12).map(|minute| minute.iter().sum()).max().unwrap();
    let all: u32 = probes.iter().sum();
    println!("{all} probes in {steps} x {STEP:?}, {most} at most in a minute");
    assert_eq!(most, 2, "{probes:?}");
}

fn steps_of(long: Duration) -> u32 {
    u32::try_from(long.as_secs() / STEP.as_secs()).unwrap()
}

/// The partner is back: what waits goes at the account's rate, no faster and hardly slower.
async fn drain(scene: &mut Scene) {
    scene.struck.come_back();
    let before = scene.struck.asked();
    while scene.is_closed(STRUCK).await {
        scene.advance(STEP);
        scene.settle().await;
    }
    assert!(scene.struck.asked() - before <= 2, "the probe and the first, and no burst");
    let (from, began) = (scene.struck.asked(), scene.elapsed());
    // A whole step is the rate's only where enough waits for it.
    let step = PER_MINUTE / 60;
    while scene.count(STRUCK, DeliveryState::Waiting).await >= step {
        let asked = scene.struck.asked();
        scene.advance(SECOND);
        scene.expect_no_delay_elsewhere().await;
        scene.settle().await;
        let (in_step, in_all) = (scene.struck.asked() - asked, scene.struck.asked() - from);
        let allowed = step * u32::try_from((scene.elapsed() - began).as_secs()).unwrap();
        assert!(in_step <= step && in_all <= allowed, "{in_step} in a second, {in_all} of {allowed}");
        assert!(in_all * 10 >= allowed * 8, "{in_all} of {allowed} in {:?}", scene.elapsed() - began);
    }
    println!("drained {} in {:?}", scene.struck.asked() - from, scene.elapsed() - began);
    while scene.count(STRUCK, DeliveryState::Waiting).await > 0 {
        scene.advance(HOUR);
        scene.settle().await;
    }
}

async fn run(course: Course) {
    let mut scene = Scene::open(course.room).await;
    live_well(&mut scene).await;
    trip(&mut scene, course.away[0].0).await;
    stay_away(&mut scene, &course).await;
    assert!(scene.count(STRUCK, DeliveryState::Waiting).await > course.leads - 20 - 1);
    drain(&mut scene).await;
    assert_eq!(scene.count(SOUND, DeliveryState::Waiting).await, 0);
    scene.close().await;
}

#[tokio::test]
async fn partner_that_is_away_with_ten_thousand_leads_waiting_is_spared_and_then_served_at_its_rate() {
    let away = vec![
        (Away::Unavailable, 300 * SECOND),
        (Away::Silent, 120 * SECOND),
        (Away::Refusing, 300 * SECOND),
        (Away::BackInASecond, 300 * SECOND),
    ];
    // More at once than usual: they share syncs, so that the test is sooner done.
    run(Course { away, leads: 10_020, room: 16 }).await;
}

#[tokio::test]
async fn partner_is_spared_however_it_is_away() {
    for away in [Away::Refusing, Away::Silent, Away::BackInASecond] {
        run(Course { away: vec![(away, 120 * SECOND)], leads: 520, room: ROOM }).await;
    }
}

#[tokio::test]
async fn partner_that_goes_away_in_a_backlog_is_asked_no_oftener_than_its_breaker_counts() {
    for away in [Away::Refusing, Away::Unavailable, Away::BackInASecond] {
        let mut scene = Scene::open(ROOM).await;
        scene.struck.go_away(away);
        scene.accept(STRUCK, 300).await;
        scene.settle().await;
        // A partner that asks for a second is given it before the breaker has counted to its end.
        while !scene.is_closed(STRUCK).await {
            assert!(scene.elapsed() < 10 * SECOND, "the breaker does not open: {away:?}");
            scene.advance(TENTH);
            scene.settle().await;
        }
        let asked = scene.struck.asked();
        // What was under way when the breaker opened comes to its end.
        assert!((FAILURES..FAILURES + ROOM).contains(&asked), "{away:?}: {asked}");
        drain(&mut scene).await;
        scene.close().await;
    }
}
