//! `docs/forms.md` is written from the code: what an embedder may put into a definition cannot go stale.

use std::fmt::Write as _;
use std::path::Path;

use lead_model::{FieldKind, ProblemCode, Robots, VOCABULARY};

const INTRO: &str = r#"# Forms

A form is one TOML file in the proxy's forms folder.
The proxy reads all of them at start, says everything that is wrong with any of them at once, and refuses to start until they are right.
`lead-proxy check` does the same without starting.

This page is written by a test from the code; change the code or the test, not the page.

```toml
id = "callback"                                  # the name in <lead-form form="callback"> and in addresses
version = 1                                      # raise it with every change that matters to a stored submission
account = "takepayments"                         # the partner account that gets the leads
allowed_origins = ["https://shop.example"]       # host pages that may show and send it; the proxy's own pages always may
default_locale = "en"
country = "GB"                                   # assumed for phone numbers typed without a country code
preset = "soft"                                  # its look, and how close together all stands (density = "roomy"): presets.md

[texts]
title = { en = "Ask for a call", de = "Rückruf anfordern" }
submit = "Send"                                  # one text for all languages
success_title = "Thank you"
success_text = "We will call you."

[[fields]]
name = "first_name"                              # from the vocabulary below, or an own name with a kind
label = "First name"
required = true
max_length = 200
width = "half"

[[fields]]
name = "last_name"
label = "Last name"
required = true
max_length = 200
width = "half"

[[fields]]
name = "email"
label = "Work email"
required = true
max_length = 200

[[examples]]                                     # sent by the demo, checked at start
name = "a call back"
values = { first_name = "Ada", last_name = "Lovelace", email = "ada@analytical.example" }
```

At start each form is also held against its account: every field that the partner insists on must be filled, with a length that fits.
A field whose value no partner field carries stays in the store; `lead-proxy check` names such fields, and `[accounts.NAME.mapping]` carries them.

With `completes = true` a form makes no new lead: it completes a record that the partner has, and opens by a signed link only ([embedding.md](embedding.md#forms-that-complete-a-record)).
What is left empty stays as it is; the account needs `panel_keys`, which sign the links.

With `fields = "from partner schema"` in the place of `[[fields]]` the form asks what the partner's own schema asks, in its order and with its labels.
The proxy fetches that schema (PartnerPortal.io has one), keeps it, and fetches it again when it is older than `[forms] schema_ms_max`.
While a partner can't be asked, the form stays as it was; before the first schema it answers 503 `form_awaited`.
`[[own_fields]]` are questions of your own: one with a name that the schema's form has takes that one's place, the others (a consent) stand behind.
`partner_organization = "ID"` takes the schema of one partner organisation.

With `redirect = "https://shop.example/thanks"` the visitor is led there when the lead is safe, in place of the thanks, with the receipt as the parameter `receipt`; the address must be of one of `allowed_origins`.

A hidden field without a `value` of its own takes what the page gives it (`setValue` in [embedding.md](embedding.md#calls)); one that is named like a campaign parameter (`utm_source`, `gclid`, …) takes that of the visitor's campaign.

## Duplicates

A submission whose vocabulary field `email`, or without one `phone`, says the same as an earlier submission's to the same account is a duplicate of the same person.
Nothing is dropped by it:

```toml
duplicates = { window_hours = 24, action = "flag" }   # the default
```

| key | meaning |
|---|---|
| `window_hours` | so long after the first one a second counts as a duplicate, 0 to 2160; 0 for never |
| `action` | `flag`: it is sent like any lead, and operators see of which one it is a duplicate; `merge`: it is kept beside the first one and not sent, unless an operator says so. One whose forerunner was refused or given up, before it came or after, is sent in any case |

What tells a person is kept as a keyed hash, and this setting reaches no browser.
The hash is erased with the lead, so a window that is longer than [`[retention] delivered_days`](config.md) finds no older duplicates: `check` says so.

## Robots

No puzzle is put to anybody, and nobody is turned away.
What a robot gives itself away by adds points; with enough of them a submission is taken like any other, with a receipt, and kept in quarantine until an operator sends it or drops it ([operations.md](operations.md#quarantine)).

```toml
robots = { quarantine_at = 100, proof = false }   # the default; every key below may stand here
```

| key | default | meaning |
|---|---|---|
| `quarantine_at` | ROBOTS.quarantine_at | so many points keep a submission back; 0 for never |
| `honeypot` | ROBOTS.honeypot | points for a filled field that nobody sees, hears or reaches by keys, and that no browser fills in |
| `fill_seconds` | ROBOTS.fill_seconds | who has seen the form for less is too fast, 0 to 600 |
| `too_fast` | ROBOTS.too_fast | points for that; a page that is shown once more with what was typed is never too fast |
| `untimed` | ROBOTS.untimed | points where nobody knows how long it took: JSON without the token of a first paint, as servers and simple programs send it |
| `proof` | ROBOTS.proof | whether the browser is asked for a proof of work: some hashing in the background from the first touch on, which a visitor does not notice and no reader announces |
| `work` | ROBOTS.work | its hardness, 1000 to 10000000: so many hashes at most, half of them on the average |
| `no_proof` | ROBOTS.no_proof | points for none where one is asked for, or one that is older than half an hour |
| `bad_proof` | ROBOTS.bad_proof | points for one that is forged, another form's, or used before |

Points are 0 to 1000; 0 takes a sign out of the count.
By default nothing that happens to a person is enough by itself: a browser without script that fills everything in at once is kept back only where a form asks for a proof.
A form that gets leads by JSON from your own servers should not ask for a proof.
Nothing of this reaches a browser but whether a proof is asked for.

## Consent

Of each field of kind `consent` that was ticked, the proxy keeps with the lead, sealed like the rest, what it was ticked for: the field, the words beside the box, their SHA-256, their language, the form's `version` and when the submission came.
The words are the proxy's own, not what a page says that it has shown; raise `version` with every change of them.
A page that was open meanwhile sends the version that it had, which is then kept as `shown_version`.
An operator reads all of it with the lead ([operations.md](operations.md#erasing)), and it is erased with the lead.

A partner gets of it what the account's mapping asks for, by the field's name and one of `-text`, `-sha256`, `-locale`, `-version`, `-at`:

```toml
[accounts.NAME.mapping]
ConsentText = "consent-text"
Notes = { template = "{notes}\nConsent of {consent-at}: {consent-text}" }
```

## Keys of a field

| key | meaning |
|---|---|
| `name` | a name of the vocabulary, or an own one: lower-case letters, digits, underscores |
| `kind` | needed for own names; else the vocabulary's |
| `label` | what the visitor is asked; not needed for `hidden` |
| `hint`, `placeholder` | a line of help; an example inside the empty field |
| `autocomplete` | the HTML token; else the vocabulary's |
| `width` | `full` (default) or `half` of a row |
| `required` | must be filled in; of a box: must be ticked |
| `min_length`, `max_length` | characters, counted as the browser's `minlength` and `maxlength` count (UTF-16 units); 2,000 at most where nothing is said |
| `min`, `max` | bounds of a number or of a date (`YYYY-MM-DD`) |
| `step` | the number must be a whole multiple of it |
| `pattern` | the whole value must be of this pattern, see below |
| `options` | choices of `select` and `radio`: `{ value = "…", label = "…" }` |
| `value` | what the field holds at first; the fixed value of a hidden field, which no page can change |
| `on_step` | name of the step on which it stands; that of the field above where left out |
| `visible_when` | the conditions under which it is asked, see below |

A text may be one string for all languages or a table by language tag.

## Steps

```toml
steps = [
  { name = "you", title = { en = "About you", de = "Über Sie" } },
  { name = "shop", title = "Your shop", visible_when = [{ field = "has_shop", is = true }] },
]
```

With `steps` the form shows one after the other, with how far the visitor has come and a way back; going on asks the rules of that step.
Each field says on which step it stands (`on_step`), in the order of the steps.
Without JavaScript all steps stand below each other and are sent at once.

## Conditions

`visible_when = [{ field = "customer_type", is = "Switching" }]` asks a question, or shows a step, only where all of its conditions hold.

| key | meaning |
|---|---|
| `field` | a field above |
| `is` | it holds this, or one of several: an option's value, a text, `true` or `false` for a box, `""` for nothing |
| `is_not` | it holds none of these |

What is not asked is neither checked nor sent, whatever was typed there before, and the proxy judges that anew.
A field that a partner requires can't hang on a condition: the proxy says so at start.
Without JavaScript such a question is shown to everybody, and required of nobody whom it does not concern.

## Patterns

A small subset of regular expressions that cannot hang: literals, `.`, `\d`, `\w`, `\s`, classes such as `[A-Z0-9-]` and `[^0-9]`, each followed by nothing, `?`, `*`, `+`, `{n}`, `{m,}` or `{m,n}`.
There are no groups, alternatives or anchors: the whole value must match.
"#;

fn kind_notes(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Text => "trimmed; control characters and line ends removed",
        FieldKind::Email => "the rule of HTML's `type=email` plus a dot in the domain; domain in lower case",
        FieldKind::Phone => {
            "to the shape of E.164: `+` and 7 to 15 digits; a national number takes the form's `country`"
        }
        FieldKind::Url => "`http` or `https` with a host name; `https://` is added where no scheme was typed",
        FieldKind::Textarea => "trimmed; line ends become `\\n`",
        FieldKind::Number => "a plain decimal with at most six places; `3,5` is read as `3.5`",
        FieldKind::Date => "a day of the calendar, `YYYY-MM-DD`",
        FieldKind::Select | FieldKind::Radio => "the value of one of the options",
        FieldKind::Checkbox => "`true` or `false`",
        FieldKind::Consent => "`true` or `false`; `required` means that it must be given",
        FieldKind::Hidden => "the definition's `value`, or what the page gives where there is none",
    }
}

fn page() -> String {
    let mut page = INTRO.to_owned();
    let toml::Value::Table(robots) = toml::Value::try_from(Robots::default()).unwrap() else {
        panic!("settings are a table");
    };
    for (key, value) in robots {
        let place = format!("| ROBOTS.{key} |");
        assert!(page.contains(&place), "{key} is not in the docs");
        page = page.replace(&place, &format!("| `{value}` |"));
    }
    page.push_str("\n## Kinds\n\n| kind | what becomes of a value |\n|---|---|\n");
    for kind in FieldKind::ALL {
        writeln!(page, "| `{}` | {} |", kind.as_str(), kind_notes(*kind)).unwrap();
    }
    page.push_str(
        "\n## Vocabulary\n\nNames that autofill, mappings to partners and the privacy rules know.\n",
    );
    page.push_str("Sensitive values are never kept in browser storage.\n\n");
    page.push_str("| name | kind | `autocomplete` | sensitive |\n|---|---|---|---|\n");
    for entry in VOCABULARY {
        let sensitive = if entry.sensitive { "yes" } else { "" };
        writeln!(
            page,
            "| `{}` | `{}` | `{}` | {sensitive} |",
            entry.name,
            entry.kind.as_str(),
            entry.autocomplete
        )
        .unwrap();
    }
    page.push_str("\n## Problem codes\n\nStable names of what can be wrong with a value; each language in `locales/` has a sentence for each.\n\n");
    for code in ProblemCode::ALL {
        writeln!(page, "- `{}`", code.as_str()).unwrap();
    }
    page
}

#[test]
fn example_of_the_page_is_a_sound_definition() {
    let (_, rest) = INTRO.split_once("```toml").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    let definition: lead_model::FormDefinition = toml::from_str(example).unwrap();
    assert_eq!(definition.problems(), []);
}

#[test]
#[allow(clippy::disallowed_methods, reason = "the test writes the page; the ban is for what runs in a page")]
fn forms_page_says_what_the_code_does() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/forms.md");
    let (wanted, found) = (page(), std::fs::read_to_string(&path).unwrap_or_default());
    if found != wanted {
        std::fs::write(&path, &wanted).unwrap();
        panic!("docs/forms.md was stale and has been written anew: look at it and commit it");
    }
}
