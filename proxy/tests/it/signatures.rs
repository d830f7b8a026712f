//! Signatures against those of openssl, and signed requests against the partner's simulator, which checks them with a
//! library of its own.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use aws_lc_rs::signature::{ParsedPublicKey, RSA_PSS_2048_8192_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use lead_proxy::account::{Account, AccountConfig, AccountLimits};
use lead_proxy::clock::{Clock, Timestamp};
use lead_proxy::connectors::parts::seal::{SignatureAlgorithm, SignatureEncoding, SignaturePlan, SignedPart};
use lead_proxy::connectors::{Call, Change, ListQuery, PartnerRequest};
use lead_proxy::credentials::seal::seal;
use lead_proxy::credentials::signature::{Signed, sign, signed_text};
use lead_proxy::transport::{Transport, TransportLimits};
use partner_sim::algbra::{Order, Scheme};
use partner_sim::{Credentials, Options, Sim};
use secrecy::SecretString;
use serde::Deserialize;

const TOKEN: &str = "canary-token-of-the-signatures";
const KEY: &str = "test-key-2048";
/// The orders that the setting takes, the usual one first.
const ORDERS: [&str; 4] = [
    "url,method,headers,body",
    "method,url,headers,body",
    "method,url,body,headers",
    "body,headers,method,url",
];

#[derive(Deserialize)]
struct Vectors {
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    name: String,
    key: String,
    algorithm: String,
    encoding: String,
    order: [String; 4],
    url: String,
    method: String,
    authorization: String,
    date: String,
    nonce: String,
    body: String,
    payload: String,
    signature: String,
}

impl Vector {
    fn plan(&self) -> SignaturePlan {
        SignaturePlan {
            token: "api_token",
            private_key: "private_key",
            algorithm: match self.algorithm.as_str() {
                "rsa-pkcs1v15-sha256" => SignatureAlgorithm::RsaPkcs1Sha256,
                "rsa-pkcs1v15-sha512" => SignatureAlgorithm::RsaPkcs1Sha512,
                "rsa-pss-sha256" => SignatureAlgorithm::RsaPssSha256,
                other => panic!("{other}"),
            },
            encoding: match self.encoding.as_str() {
                "base64" => SignatureEncoding::Base64,
                "base64url" => SignatureEncoding::Base64Url,
                "hex" => SignatureEncoding::Hex,
                other => panic!("{other}"),
            },
            order: self.order.each_ref().map(|part| match part.as_str() {
                "url" => SignedPart::Url,
                "method" => SignedPart::Method,
                "headers" => SignedPart::Headers,
                "body" => SignedPart::Body,
                other => panic!("{other}"),
            }),
        }
    }

    fn signed(&self) -> Signed<'_> {
        let Self { method, url, body, date, nonce, .. } = self;
        Signed { method, url, body: body.as_bytes(), date, nonce }
    }

    fn token(&self) -> SecretString {
        SecretString::from(self.authorization.as_str())
    }

    fn sign(&self) -> String {
        let key = SecretString::from(read(&format!("{}.private.pem", self.key)));
        let header = sign(&self.plan(), &key, &self.token(), &self.signed()).unwrap();
        header.to_str().unwrap().to_owned()
    }
}

fn read(name: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../crates/partner-sim/tests/vectors");
    fs::read_to_string(folder.join(name)).unwrap()
}

fn vectors() -> Vec<Vector> {
    let Vectors { vectors } = serde_json::from_str(&read("algbra.json")).unwrap();
    assert!(vectors.len() >= 25, "{}", vectors.len());
    vectors
}

fn decode(encoding: &str, text: &str) -> Vec<u8> {
    match encoding {
        "base64" => STANDARD.decode(text).unwrap(),
        "base64url" => URL_SAFE_NO_PAD.decode(text).unwrap(),
        _ => {
            (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
        }
    }
}

#[test]
fn signed_text_is_that_of_every_vector() {
    for vector in vectors() {
        let text = signed_text(&vector.plan(), &vector.token(), &vector.signed()).unwrap();
        assert_eq!(std::str::from_utf8(&text).unwrap(), vector.payload, "{}", vector.name);
    }
}

#[test]
fn signature_without_chance_in_it_is_that_of_openssl() {
    let vectors = vectors();
    let fixed = || vectors.iter().filter(|vector| vector.algorithm != "rsa-pss-sha256");
    assert!(fixed().count() >= 25);
    for vector in fixed() {
        assert_eq!(vector.sign(), vector.signature, "{}", vector.name);
    }
}

#[test]
fn pss_signature_signs_the_text_and_is_another_each_time() {
    let vectors = vectors();
    let with_chance: Vec<_> = vectors.iter().filter(|vector| vector.algorithm == "rsa-pss-sha256").collect();
    assert!(!with_chance.is_empty());
    for vector in with_chance {
        let pem = read(&format!("{}.public.pem", vector.key));
        let inside = pem.split("-----").nth(2).unwrap();
        let der: String = inside.split_whitespace().collect();
        let key = ParsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, STANDARD.decode(der).unwrap()).unwrap();
        let (one, two) = (vector.sign(), vector.sign());
        assert_ne!(one, two, "{}", vector.name);
        for signature in [one, two, vector.signature.clone()] {
            let signature = decode(&vector.encoding, &signature);
            assert!(key.verify_sig(vector.payload.as_bytes(), &signature).is_ok(), "{}", vector.name);
        }
    }
}

/// The partner, an account of ours with it, and the road between them.
struct Bench {
    sim: Sim,
    transport: Transport,
    clock: Clock,
}

impl Bench {
    async fn start() -> Self {
        let mut credentials = Credentials::with_takepayments("canary");
        credentials.algbra_api_token = TOKEN.to_owned();
        credentials.algbra_public_key_pem = read(&format!("{KEY}.public.pem"));
        let sim =
            partner_sim::start(Options::new("127.0.0.1:0".parse().unwrap(), credentials)).await.unwrap();
        let patience = Duration::from_secs(20);
        let limits = TransportLimits {
            connect_timeout: patience,
            exchange_timeout: patience,
            answer_bytes_max: 65_536,
            allow_loopback: true,
            authorities: Default::default(),
        };
        Self { sim, transport: Transport::build(limits).unwrap(), clock: Clock::system() }
    }

    fn account(&self, settings: &[(&str, &str)]) -> Account {
        let mut all = toml::Table::from_iter([("base_url".to_owned(), self.sim.algbra().base_url().into())]);
        all.extend(settings.iter().map(|(name, text)| ((*name).to_owned(), toml::Value::from(*text))));
        let section = toml::Table::from_iter([
            ("connector".to_owned(), "algbra".into()),
            ("settings".to_owned(), all.into()),
        ]);
        let config: AccountConfig = section.try_into().unwrap();
        let secrets = BTreeMap::from([
            ("api_token".to_owned(), SecretString::from(TOKEN)),
            ("private_key".to_owned(), SecretString::from(read(&format!("{KEY}.private.pem")).trim())),
        ]);
        Account::build("bank", &config, secrets, AccountLimits { allow_loopback: true }).unwrap()
    }

    fn seal(&self, account: &Account, request: &PartnerRequest) -> http::Request<bytes::Bytes> {
        let seals = account.connector().seals(account.settings());
        seal(account, request, &seals, None, &self.clock).unwrap()
    }

    async fn status_of(&self, request: http::Request<bytes::Bytes>) -> u16 {
        self.transport.exchange(request).await.unwrap().status().as_u16()
    }
}

fn header<'a>(request: &'a http::Request<bytes::Bytes>, name: &str) -> &'a str {
    request.headers()[name].to_str().unwrap()
}

fn request(account: &Account, call: &Call<'_>) -> PartnerRequest {
    account.connector().request(call, account.settings()).unwrap()
}

fn search(text: &str) -> ListQuery {
    ListQuery { search: Some(text.to_owned()), page: 1, limit: 10 }
}

#[tokio::test]
async fn partner_takes_what_is_signed_in_every_way_that_an_account_can_set() {
    let bench = Bench::start().await;
    let query = search("Zoë O'Neill & Søn+1%");
    let list = Call::List(&query);
    for algorithm in ["rsa-pkcs1v15-sha256", "rsa-pkcs1v15-sha512", "rsa-pss-sha256"] {
        for encoding in ["base64", "base64url", "hex"] {
            for order in ORDERS {
                let parts: Vec<_> = order.split(',').collect();
                bench.sim.algbra().set_scheme(Scheme {
                    algorithm: algorithm.parse().unwrap(),
                    encoding: encoding.parse().unwrap(),
                    order: Order::new(&parts).unwrap(),
                });
                let account = bench.account(&[
                    ("signature_algorithm", algorithm),
                    ("signature_encoding", encoding),
                    ("signature_order", order),
                ]);
                let sealed = bench.seal(&account, &request(&account, &list));
                assert_eq!(bench.status_of(sealed).await, 200, "{algorithm} {encoding} {order}");
            }
        }
    }
    // Another way than the partner's last is refused: it does look.
    let usual = bench.account(&[]);
    assert_eq!(bench.status_of(bench.seal(&usual, &request(&usual, &list))).await, 401);
}

#[tokio::test]
async fn partner_takes_every_operation_as_it_is_signed() {
    let bench = Bench::start().await;
    let reference = "3cc6f482-fd90-8a94-8000-00469a4df978";
    let body = serde_json::json!({ "email": "ada@analytical.example", "externalReference": reference });
    bench.sim.algbra().insert(&body).unwrap();
    let page = search("");
    let account = bench.account(&[]);
    let sealed = bench.seal(&account, &request(&account, &Call::List(&page)));
    let answer = bench.transport.exchange(sealed).await.unwrap();
    let listed: serde_json::Value = serde_json::from_slice(answer.body()).unwrap();
    let id = listed["items"][0]["id"].as_str().unwrap();
    let change = serde_json::json!({ "firstName": "Zoë \"Z\" \\", "address.line1": "1 </Main> Street\n" });
    let change = Change(change.as_object().unwrap().clone());
    let calls = [Call::Get { id }, Call::GetByReference { reference }, Call::Update { id, change: &change }];
    for call in calls {
        let sealed = bench.seal(&account, &request(&account, &call));
        assert_eq!(bench.status_of(sealed).await, 200, "{call:?}");
    }
    let missing = request(&account, &Call::GetByReference { reference: "a/b c+é" });
    assert_eq!(bench.status_of(bench.seal(&account, &missing)).await, 404);
}

#[tokio::test]
async fn retry_has_a_new_nonce_date_and_signature_and_the_old_one_is_refused() {
    let mut bench = Bench::start().await;
    let start = Timestamp::from_ms(Clock::system().now().as_ms() - 3_000);
    let (clock, hand) = Clock::manual(start);
    bench.clock = clock;
    let account = bench.account(&[]);
    let request = request(&account, &Call::List(&search("ada")));
    let mut seen = HashSet::new();
    let mut old = None;
    for _ in 0..3 {
        let sealed = bench.seal(&account, &request);
        for name in ["date", "x-alg-nonce", "x-alg-signature"] {
            assert!(seen.insert(header(&sealed, name).to_owned()), "{name} came back");
        }
        assert_eq!(uuid::Uuid::try_parse(header(&sealed, "x-alg-nonce")).unwrap().get_version_num(), 4);
        assert_eq!(header(&sealed, "authorization"), TOKEN);
        assert!(!format!("{sealed:?}").contains(TOKEN));
        old = Some(sealed.clone());
        assert_eq!(bench.status_of(sealed).await, 200);
        hand.advance(Duration::from_secs(1));
    }
    assert_eq!(bench.status_of(old.unwrap()).await, 401);
}

#[tokio::test]
async fn changed_byte_query_method_or_header_is_refused() {
    let bench = Bench::start().await;
    let account = bench.account(&[]);
    let change = Change(serde_json::json!({ "firstName": "Ada" }).as_object().unwrap().clone());
    let update = request(&account, &Call::Update { id: "7", change: &change });
    let list = request(&account, &Call::List(&search("ada")));
    // As they were signed: no such prospect, and a page.
    assert_eq!(bench.status_of(bench.seal(&account, &update)).await, 404);
    assert_eq!(bench.status_of(bench.seal(&account, &list)).await, 200);

    type Alter = fn(&mut http::Request<bytes::Bytes>);
    let of_the_update: [Alter; 2] = [
        |sealed| *sealed.body_mut() = sealed.body().iter().chain(b" ").copied().collect::<Vec<_>>().into(),
        |sealed| *sealed.method_mut() = http::Method::GET,
    ];
    let of_the_list: [Alter; 4] = [
        |sealed| {
            *sealed.uri_mut() =
                sealed.uri().to_string().replace("page=1&limit=10", "limit=10&page=1").parse().unwrap()
        },
        |sealed| *sealed.uri_mut() = sealed.uri().to_string().replace("ada", "%61da").parse().unwrap(),
        |sealed| _ = sealed.headers_mut().insert("date", "Sun, 06 Nov 1994 08:49:37 GMT".parse().unwrap()),
        |sealed| {
            _ = sealed
                .headers_mut()
                .insert("x-alg-nonce", "c3000000-0000-4000-8000-000000000001".parse().unwrap())
        },
    ];
    for (request, alters) in [(&update, &of_the_update[..]), (&list, &of_the_list[..])] {
        for (place, alter) in alters.iter().enumerate() {
            let mut sealed = bench.seal(&account, request);
            alter(&mut sealed);
            assert_eq!(bench.status_of(sealed).await, 401, "{} {place}", request.url);
        }
    }
}

#[tokio::test]
async fn account_whose_key_can_not_sign_is_refused_without_a_character_of_it() {
    let bench = Bench::start().await;
    let usual = |name: &str| match name {
        "api_token" => TOKEN.to_owned(),
        _ => read(&format!("{KEY}.private.pem")).trim().to_owned(),
    };
    for (slot, secret, found) in [
        ("private_key", read(&format!("{KEY}.public.pem")), "a public key, no private key"),
        ("private_key", "canary".to_owned(), "a text without PEM"),
        ("api_token", "canary\ncanary".to_owned(), "a secret with a line end or a character beyond ASCII"),
        ("api_token", "canäry".to_owned(), "a secret with a line end or a character beyond ASCII"),
    ] {
        let config: AccountConfig = toml::from_str(&format!(
            "connector = \"algbra\"\nsettings.base_url = \"{}\"",
            bench.sim.algbra().base_url()
        ))
        .unwrap();
        let secrets = ["api_token", "private_key"].map(|name| {
            let text = if name == slot { secret.trim().to_owned() } else { usual(name) };
            (name.to_owned(), SecretString::from(text))
        });
        let limits = AccountLimits { allow_loopback: true };
        let findings = Account::build("bank", &config, BTreeMap::from(secrets), limits).err().unwrap();
        let told: Vec<_> =
            findings.iter().map(|finding| (finding.path.as_str(), finding.found.as_str())).collect();
        assert_eq!(told, [(format!("accounts.bank.credentials.{slot}").as_str(), found)]);
        assert!(
            !format!("{findings:?}").contains("can\u{e4}ry") && !format!("{findings:?}").contains("canary")
        );
    }
}
