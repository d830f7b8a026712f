//! Each rule of the tokens alone, at times that the test makes up.

use super::*;

const URI: &str = "https://portal.example/back";
const PRODUCTION: Environment = Environment::Production;
const HOUR: i64 = 3600;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn tokens(rotation: bool, reuse_detection: bool, grace: i64) -> Tokens {
    let lifetime = SignedDuration::from_secs(HOUR);
    let grace = SignedDuration::from_secs(grace);
    Tokens::new(Rules { lifetime, rotation, reuse_detection, grace })
}

fn refresh(tokens: &mut Tokens, token: &str, second: i64) -> Result<Issued, Refusal> {
    tokens.refresh(token, PRODUCTION, at(second))
}

#[test]
fn access_token_is_good_until_its_lifetime_ends() {
    let mut tokens = tokens(false, false, 0);
    let issued = tokens.issue(Environment::Test, false, at(0));
    assert_eq!(issued.refresh_token, None);
    assert_eq!(tokens.check(&issued.access_token, at(HOUR - 1)), AccessCheck::Good(Environment::Test));
    assert_eq!(tokens.check(&issued.access_token, at(HOUR)), AccessCheck::Expired);
    assert_eq!(tokens.check("another", at(0)), AccessCheck::Unknown);
}

#[test]
fn tokens_are_long_and_never_the_same() {
    let mut tokens = tokens(false, false, 0);
    let texts: HashSet<_> = (0..100).map(|_| tokens.issue(PRODUCTION, false, at(0)).access_token).collect();
    assert_eq!(texts.len(), 100);
    assert!(texts.iter().all(|text| text.len() == 64));
}

#[test]
fn expired_access_tokens_can_be_replaced_by_a_refresh() {
    let mut tokens = tokens(false, true, 0);
    let first = tokens.issue(PRODUCTION, true, at(0));
    tokens.expire_all();
    assert_eq!(tokens.check(&first.access_token, at(0)), AccessCheck::Expired);
    let second = refresh(&mut tokens, &first.refresh_token.unwrap(), 1).unwrap();
    assert_eq!(second.refresh_token, None, "without rotation the old one stays");
    assert_eq!(tokens.check(&second.access_token, at(2)), AccessCheck::Good(PRODUCTION));
    assert_eq!(tokens.count_good(at(2)), 1);
}

#[test]
fn code_is_good_once_for_a_minute_and_for_its_address() {
    let mut tokens = tokens(false, false, 0);
    let code = tokens.give_code(URI, at(0));
    let mut redeem =
        |code: &str, uri: &str, second| tokens.redeem(code, uri, PRODUCTION, at(second)).map(drop);
    assert_eq!(redeem("another", URI, 1), Err(Refusal::CodeUnknown));
    assert_eq!(redeem(&code, URI, 61), Err(Refusal::CodeOld));
    assert_eq!(redeem(&code, "https://portal.example/back/", 1), Err(Refusal::RedirectDiffers));
    assert_eq!(redeem(&code, URI, 60), Ok(()));
    assert_eq!(redeem(&code, URI, 60), Err(Refusal::CodeUsed));
}

#[test]
fn code_that_comes_again_ends_its_tokens_if_reuse_is_detected() {
    for detecting in [false, true] {
        let mut tokens = tokens(false, detecting, 0);
        let code = tokens.give_code(URI, at(0));
        let issued = tokens.redeem(&code, URI, PRODUCTION, at(1)).unwrap();
        tokens.redeem(&code, URI, PRODUCTION, at(2)).unwrap_err();
        let good = tokens.check(&issued.access_token, at(3)) == AccessCheck::Good(PRODUCTION);
        assert_eq!(good, !detecting);
    }
}

#[test]
fn used_refresh_token_is_refused_and_ends_its_family_if_reuse_is_detected() {
    for detecting in [false, true] {
        let mut tokens = tokens(true, detecting, 0);
        let other = tokens.issue(PRODUCTION, true, at(0));
        let first = tokens.issue(PRODUCTION, true, at(0)).refresh_token.unwrap();
        let second = refresh(&mut tokens, &first, 1).unwrap();
        assert_eq!(refresh(&mut tokens, &first, 2).unwrap_err(), Refusal::RefreshUsed);
        assert_eq!(tokens.count_ended(), usize::from(detecting));
        let expected = if detecting { AccessCheck::Unknown } else { AccessCheck::Good(PRODUCTION) };
        assert_eq!(tokens.check(&second.access_token, at(3)), expected);
        let third = refresh(&mut tokens, &second.refresh_token.unwrap(), 3).map(drop);
        assert_eq!(third, if detecting { Err(Refusal::RefreshEnded) } else { Ok(()) });
        assert!(refresh(&mut tokens, &other.refresh_token.unwrap(), 4).is_ok(), "the other consent stays");
    }
}

#[test]
fn used_refresh_token_is_good_within_the_grace_counted_from_its_first_use() {
    let mut tokens = tokens(true, true, 10);
    let first = tokens.issue(PRODUCTION, true, at(0)).refresh_token.unwrap();
    for second in [0, 5, 10] {
        assert!(refresh(&mut tokens, &first, second).is_ok(), "{second}");
    }
    assert_eq!(refresh(&mut tokens, &first, 11).unwrap_err(), Refusal::RefreshUsed);
}

#[test]
fn refresh_token_stays_in_its_environment() {
    let mut tokens = tokens(true, true, 0);
    let token = tokens.issue(Environment::Test, true, at(0)).refresh_token.unwrap();
    assert_eq!(refresh(&mut tokens, &token, 1).unwrap_err(), Refusal::OtherEnvironment);
    assert!(tokens.refresh(&token, Environment::Test, at(1)).is_ok());
}

#[test]
fn withdrawn_consent_ends_every_token() {
    let mut tokens = tokens(true, true, 0);
    let issued = tokens.issue(PRODUCTION, true, at(0));
    tokens.end_all();
    assert_eq!(tokens.check(&issued.access_token, at(1)), AccessCheck::Unknown);
    assert_eq!(refresh(&mut tokens, &issued.refresh_token.unwrap(), 1).unwrap_err(), Refusal::RefreshEnded);
}
