//! One errand to a token endpoint: look at the row, lease it, ask once, and store what came before anybody uses it.
//!
//! Apart from the keeper, which says who may start one. Every write is held against what was seen before: whoever comes
//! second looks again, and takes what the first has brought.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use secrecy::SecretString;
use tokio::sync::OwnedMutexGuard;
use tokio::time::Instant;
use zeroize::Zeroize as _;

use crate::account::Account;
use crate::clock::Timestamp;
use crate::connectors::Answer;
use crate::connectors::parts::seal::{Grant, TokenPlan};
use crate::crash;
use crate::credentials::tokens::answer::{self, Fresh, Life, NoToken};
use crate::credentials::tokens::kept::{self, Kept, Stand};
use crate::credentials::tokens::request::{self, Ask, Client};
use crate::credentials::tokens::{AccessToken, Freshness, Known, Shop, Slot, TokenFault, lock};
use crate::exchange::why_of;
use crate::store::{Fence, StoreError, TokenLease, TokenRow, TokenSetback, TokenState};
use crate::tasks;
use crate::transport::{Permit, TransportErrorKind};

/// How often a row is looked at that somebody else renews.
const POLL: Duration = Duration::from_millis(50);
/// How much longer than an errand its lease lasts, so that no other begins while one can still end.
const LEASE_SLACK: Duration = Duration::from_secs(30);
/// Pause before new tokens are written again that the store would not take.
const STORE_PAUSE: Duration = Duration::from_secs(1);
/// How often they are written.
const WRITES_MAX: u32 = 600;

/// Everything that an errand needs, so that it can outlive who sent it.
pub(super) struct Errand {
    pub(super) shop: Arc<Shop>,
    pub(super) slot: Arc<Slot>,
    pub(super) account: String,
    pub(super) plan: TokenPlan,
    client: Client,
    /// Which client of which endpoint tokens belong to.
    bound: Vec<u8>,
    /// The credentials, to tell whether others were refused.
    print: Vec<u8>,
}

/// What is seen of an account's tokens at the start of a round.
struct Seen {
    row: Option<TokenRow>,
    kept: Option<Kept>,
}

impl Seen {
    fn generation(&self) -> i64 {
        self.row.as_ref().map_or(0, |row| row.generation)
    }

    fn fence(&self) -> Fence {
        self.row.as_ref().map_or(Fence(0), |row| row.fence)
    }

    fn failures(&self) -> u32 {
        self.row.as_ref().map_or(0, |row| row.failures)
    }
}

/// What follows from it.
enum Step {
    Use(AccessToken),
    GiveUp(TokenFault),
    Ask { ask: Ask, forced: u32 },
}

impl Errand {
    /// None where a credential is missing.
    pub(super) fn new(shop: &Arc<Shop>, account: &Account, plan: &TokenPlan) -> Option<Self> {
        let credential = |slot| account.credential(slot).cloned();
        let client = Client { id: credential(plan.client_id)?, secret: credential(plan.client_secret)? };
        let bound = bound_to(shop, plan, &client);
        let print = shop.sealer.print(&[expose(&client.id), expose(&client.secret), &plan.token_url]);
        let slot = shop.slot(account.id());
        Some(Self {
            shop: Arc::clone(shop),
            slot,
            account: account.id().to_owned(),
            plan: plan.clone(),
            client,
            bound,
            print,
        })
    }

    /// The token in memory, and how fresh it is.
    pub(super) fn known(&self) -> Option<(AccessToken, Freshness)> {
        let now = self.shop.clock.now();
        let known = lock(&self.slot.known);
        let known = known.as_ref().filter(|known| known.bound == self.bound)?;
        Some((known.token.clone(), known.freshness(now)))
    }

    /// Runs beside the caller, who has a token that is still good; not where one is under way.
    pub(super) fn run_aside(self) {
        if let Ok(guard) = Arc::clone(&self.slot.errand).try_lock_owned() {
            // What it brings is in memory afterwards.
            drop(self.spawn(None, guard));
        }
    }

    /// Waits for this errand, or for the one under way. Where it brings nothing, a token that has not ended must do.
    pub(super) async fn wait(self, refused: Option<i64>) -> Result<AccessToken, TokenFault> {
        let (limit, slot, bound) = (self.shop.errand_max(), Arc::clone(&self.slot), self.bound.clone());
        let clock = self.shop.clock.clone();
        let brought = async {
            let guard = Arc::clone(&self.slot.errand).lock_owned().await;
            match self.known() {
                Some((token, Freshness::Fresh)) if Some(token.generation) != refused => Ok(token),
                // A task that broke off has said so itself.
                _ => self.spawn(refused, guard).await.unwrap_or(Err(TokenFault::Later)),
            }
        };
        let fault = match tokio::time::timeout(limit, brought).await {
            Ok(Ok(token)) => return Ok(token),
            Ok(Err(fault)) => fault,
            Err(_) => TokenFault::Later,
        };
        let known = lock(&slot.known);
        let spare = known.as_ref().filter(|known| {
            known.bound == bound
                && Some(known.token.generation) != refused
                && known.freshness(clock.now()) != Freshness::Over
        });
        spare.map(|known| known.token.clone()).ok_or(fault)
    }

    fn spawn(
        self,
        refused: Option<i64>,
        guard: OwnedMutexGuard<()>,
    ) -> tokio::task::JoinHandle<Result<AccessToken, TokenFault>> {
        tokio::spawn(tasks::ours(async move {
            let brought = self.run(refused).await;
            drop(guard);
            brought
        }))
    }

    /// Looks, and asks the endpoint once at most.
    async fn run(&self, refused: Option<i64>) -> Result<AccessToken, TokenFault> {
        let rounds = self.shop.errand_max().as_millis() / POLL.as_millis();
        let mut asked = false;
        for _ in 0..rounds {
            let seen = self.look().await.map_err(|error| self.blame_store(&error))?;
            let (ask, forced) = match self.decide(&seen, refused) {
                Step::Use(token) => return Ok(token),
                Step::GiveUp(fault) => return Err(fault),
                Step::Ask { .. } if asked => return Err(TokenFault::Later),
                Step::Ask { ask, forced } => (ask, forced),
            };
            let (asked_at, lasts) = (Instant::now(), self.shop.errand_max() + LEASE_SLACK);
            let until = self.shop.clock.now().after(lasts);
            let lease = self.shop.store.lease_token(&self.account, seen.fence(), until).await;
            match lease.map_err(|error| self.blame_store(&error))? {
                TokenLease::Granted(fence) => {
                    asked = true;
                    crash::point("token.leased");
                    // A process that was stopped past its lease shows nobody a refresh token that is used up by now.
                    let permit = Permit::new(asked_at + lasts, self.shop.transport.exchange_timeout());
                    if let Some(ended) = self.fetch(&seen, fence, &ask, (forced, permit)).await {
                        return ended;
                    }
                }
                TokenLease::Newer => {}
                TokenLease::Busy { .. } => tokio::time::sleep(POLL).await,
            }
        }
        Err(TokenFault::Later)
    }

    async fn look(&self) -> Result<Seen, StoreError> {
        let row = self.shop.store.token_row(&self.account).await?;
        let kept = row.as_ref().and_then(|row| self.open(row)).filter(|kept| {
            let ours = kept.bound == self.bound;
            if !ours {
                self.tell("bound", || {
                    tracing::warn!(
                        account = self.account,
                        "the stored token belongs to other settings of this account and is not used"
                    );
                });
            }
            ours
        });
        Ok(Seen { row, kept })
    }

    fn open(&self, row: &TokenRow) -> Option<Kept> {
        let sealed = row.sealed.as_ref()?;
        let plain = self.shop.sealer.open(&self.account, row.generation, sealed);
        let kept = plain.ok().and_then(|plain| Kept::from_bytes(&plain));
        if kept.is_none() {
            self.tell("unreadable", || {
                tracing::error!(
                    account = self.account,
                    "the stored token can't be opened and is not used: it was changed, or its key is not in the \
                     ring any more; put the key back, or consent again where the account needs a consent"
                );
            });
        }
        kept
    }

    fn decide(&self, seen: &Seen, refused: Option<i64>) -> Step {
        let now = self.shop.clock.now();
        let is_refused = refused == Some(seen.generation());
        if let Some(kept) = &seen.kept {
            if is_refused && now < kept.next_forced_at() {
                return Step::GiveUp(TokenFault::Later);
            }
            if !is_refused && kept.is_good(now) {
                // Known from now on, so that it is there should the next one not be had.
                let known = self.remember(seen.generation(), kept);
                if now < known.renew_at {
                    return Step::Use(known.token);
                }
            }
        }
        match seen.row.as_ref().map_or(Stand::Open, |row| kept::stand(row, &self.print, now)) {
            Stand::Waits => return Step::GiveUp(TokenFault::Later),
            Stand::Refused => return Step::GiveUp(TokenFault::Refused),
            Stand::Open => {}
        }
        let forced = seen.kept.as_ref().filter(|_| is_refused).map_or(0, |kept| kept.forced_next(now));
        let refresh = seen.kept.as_ref().and_then(|kept| kept.refresh.clone());
        match (&self.plan.grant, refresh) {
            (Grant::Consent { .. }, Some(token)) => Step::Ask { ask: Ask::Refresh(token), forced },
            (Grant::Consent { .. }, None) => {
                self.tell("consent", || {
                    tracing::error!(
                        account = self.account,
                        "nobody has consented for this account yet, so its leads wait: open /connect/{} on the operator \
                         listener", self.account
                    );
                });
                Step::GiveUp(TokenFault::Refused)
            }
            (Grant::ClientCredentials | Grant::ApiLogin, _) => Step::Ask { ask: Ask::Client, forced },
        }
    }

    /// Asks under the lease; none where another look is needed.
    async fn fetch(
        &self,
        seen: &Seen,
        fence: Fence,
        ask: &Ask,
        (forced, permit): (u32, Permit),
    ) -> Option<Result<AccessToken, TokenFault>> {
        let now = self.shop.clock.now();
        // Where nothing was asked, somebody else has, or will.
        match self.ask(ask, now, Some(permit)).await? {
            Ok(fresh) => {
                crash::point("token.answered");
                let kept = Kept::of(fresh, seen.kept.as_ref(), forced, self.bound.clone(), now);
                if !self.save(seen.generation(), &kept).await? {
                    return Some(Err(TokenFault::Later));
                }
                if seen.failures() > 0 {
                    tracing::info!(account = self.account, "access tokens can be had again");
                }
                Some(Ok(self.remember(seen.generation() + 1, &kept).token))
            }
            Err(no_token) => self.note(seen, fence, &no_token).await.map(Err),
        }
    }

    /// One exchange with the endpoint; none where the permit is over before the request leaves.
    pub(super) async fn ask(
        &self,
        ask: &Ask,
        now: Timestamp,
        permit: Option<Permit>,
    ) -> Option<Result<Fresh, NoToken>> {
        let Ok(request) = request::build(&self.plan, &self.client, ask) else {
            return Some(Err(NoToken::Refused { reason: "not_built".to_owned(), is_client: true }));
        };
        match self.shop.transport.exchange_with(request, permit).await {
            Ok(response) => Some(self.read(response, now)),
            Err(error) if error.kind == TransportErrorKind::LeaseLost => None,
            Err(error) => Some(Err(NoToken::later(why_of(error.kind)))),
        }
    }

    fn read(&self, response: http::Response<Bytes>, now: Timestamp) -> Result<Fresh, NoToken> {
        let (head, body) = response.into_parts();
        let mut answer = Answer { status: head.status.as_u16(), headers: head.headers, body: body.into() };
        let fresh = answer::read(&answer, now);
        answer.body.zeroize();
        if let Ok(Fresh { life: Life::Unbelievable, .. }) = &fresh {
            tracing::warn!(
                account = self.account,
                "the token endpoint says a lifetime that can't be: the token is used for an hour, or until it is refused"
            );
        }
        fresh
    }

    /// Stores new tokens, as often as it takes: a refresh token that is lost here is lost for ever. None where the account
    /// has others by now, false where the store does not take them.
    async fn save(&self, seen_generation: i64, kept: &Kept) -> Option<bool> {
        let sealed = self.shop.sealer.seal(&self.account, seen_generation + 1, &kept.to_bytes());
        for _ in 0..WRITES_MAX {
            match self.shop.store.save_token(&self.account, seen_generation, sealed.clone()).await {
                Ok(true) => {
                    crash::point("token.saved");
                    return Some(true);
                }
                Ok(false) => return None,
                Err(error) => _ = self.blame_store(&error),
            }
            tokio::time::sleep(STORE_PAUSE).await;
        }
        tracing::error!(account = self.account, "a new token could not be stored and is given up");
        Some(false)
    }

    /// Notes a try without a token; none where the row has changed meanwhile, so that it proves nothing.
    async fn note(&self, seen: &Seen, fence: Fence, no_token: &NoToken) -> Option<TokenFault> {
        let (fault, setback) = self.setback(seen.failures(), no_token);
        let noted = self.shop.store.note_setback(&self.account, fence, setback.clone()).await;
        match noted {
            Ok(Some(failures)) => self.alert(seen, &setback, failures),
            Ok(None) => return None,
            Err(error) => return Some(self.blame_store(&error)),
        }
        Some(fault)
    }

    fn setback(&self, failures: u32, no_token: &NoToken) -> (TokenFault, TokenSetback) {
        let clock = &self.shop.clock;
        match no_token {
            NoToken::Later { reason, wait } => {
                let retry_at = Some(kept::retry_at(failures.saturating_add(1), *wait, clock));
                let setback =
                    TokenSetback { state: TokenState::Good, reason: reason.clone(), retry_at, client: None };
                (TokenFault::Later, setback)
            }
            NoToken::Refused { reason, is_client } => {
                // Asked again with a refresh token that is used up, a partner may end the whole consent.
                let needs_person = matches!(self.plan.grant, Grant::Consent { .. }) && !is_client;
                let is_final = needs_person && reason == answer::INVALID_GRANT;
                let retry_at = (!needs_person).then(|| kept::refused_until(clock.now()));
                let client = (!is_final).then(|| self.print.clone());
                let setback =
                    TokenSetback { state: TokenState::Refused, reason: reason.clone(), retry_at, client };
                (TokenFault::Refused, setback)
            }
        }
    }

    /// Says it loudly once, when it begins.
    fn alert(&self, seen: &Seen, setback: &TokenSetback, failures: u32) {
        let (account, reason) = (self.account.as_str(), setback.reason.as_str());
        let retry_at = setback.retry_at.map_or_else(|| "never".to_owned(), |at| at.to_string());
        let before = seen.row.as_ref().filter(|row| row.failures > 0).map(|row| row.state);
        if before == Some(setback.state) {
            tracing::warn!(account, reason, failures, retry_at, "there is still no new access token");
            return;
        }
        match (setback.state, setback.retry_at) {
            (TokenState::Good, _) => tracing::error!(
                account,
                reason,
                retry_at,
                "no access token can be had, so the account's leads wait: see whether its token endpoint is up and its \
                 address right; it is asked again by itself"
            ),
            (TokenState::Refused, Some(_)) => tracing::error!(
                account,
                reason,
                retry_at,
                "the token endpoint refuses this account, so its leads wait: correct its credentials and settings and \
                 restart; it is asked again in an hour"
            ),
            (TokenState::Refused, None) => tracing::error!(
                account,
                reason,
                "the token endpoint does not renew what was consented to, so the account's leads wait: consent again at \
                 /connect/{account} on the operator listener"
            ),
        }
    }

    fn remember(&self, generation: i64, kept: &Kept) -> Known {
        let known = Known {
            token: AccessToken { secret: kept.access.clone(), generation },
            issued_at: kept.issued_at,
            renew_at: kept.renew_at(&self.shop.clock),
            expires_at: kept.expires_at,
            bound: self.bound.clone(),
        };
        *lock(&self.slot.known) = Some(known.clone());
        known
    }

    fn blame_store(&self, error: &StoreError) -> TokenFault {
        tracing::error!(
            account = self.account,
            error = error as &dyn std::error::Error,
            "the store failed an errand for an access token"
        );
        TokenFault::Later
    }

    /// Says a thing that lasts once, and again only after another.
    fn tell(&self, what: &'static str, say: impl FnOnce()) {
        if lock(&self.slot.told).replace(what) != Some(what) {
            say();
        }
    }

    /// Keeps what a consent has brought, over whatever was there.
    pub(super) async fn keep_consented(&self, fresh: Fresh, now: Timestamp) -> Result<(), StoreError> {
        let kept = Kept::of(fresh, None, 0, self.bound.clone(), now);
        loop {
            let generation = self.shop.store.token_row(&self.account).await?.map_or(0, |row| row.generation);
            let sealed = self.shop.sealer.seal(&self.account, generation + 1, &kept.to_bytes());
            if self.shop.store.save_token(&self.account, generation, sealed).await? {
                self.remember(generation + 1, &kept);
                *lock(&self.slot.told) = None;
                return Ok(());
            }
        }
    }
}

fn bound_to(shop: &Shop, plan: &TokenPlan, client: &Client) -> Vec<u8> {
    let grant = match plan.grant {
        Grant::ClientCredentials => "client_credentials",
        Grant::ApiLogin => "api_login",
        Grant::Consent { .. } => "consent",
    };
    let mut texts = vec![grant, plan.token_url.as_str(), expose(&client.id)];
    // What a person has consented to does not hang on the parameters of one request.
    if !matches!(plan.grant, Grant::Consent { .. }) {
        texts.extend(plan.parameters.iter().flat_map(|(name, value)| [*name, value.as_str()]));
    }
    shop.sealer.print(&texts)
}

fn expose(secret: &SecretString) -> &str {
    use secrecy::ExposeSecret as _;
    secret.expose_secret()
}
