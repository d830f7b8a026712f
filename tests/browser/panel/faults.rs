//! What a sales person sees when something is not as it should be: never a blank pane, and nothing typed is lost.

use lead_proxy::signed::Scope;
use partner_sim::Fault;

use super::Panel;

#[tokio::test]
async fn partner_that_is_down_shows_the_last_list_with_its_age() {
    let panel = Panel::start_in(crate::drivers::Engine::Chromium, "algbra", Scope::Write, |house| {
        house.sim.algbra().seed(30)
    })
    .await;
    panel.rows(25).await;
    panel.house.sim.algbra().set_fault(Fault::ServerError, None);
    panel.press("Next page").await;
    panel.says("This is the list as it was at").await;
    panel.rows(25).await;
    panel.stop().await;
}
