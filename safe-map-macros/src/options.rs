//! The options in `#[safe_map(..)]` and the arguments of `#[allow_hazard(..)]`, as they are written.
//!
//! In: tokens. Out: options, and every mistake at its token. An option that is not understood is skipped up to its comma.

use proc_macro2::TokenTree;
use syn::{
    Attribute, Ident, LitInt, LitStr, Path, Token, Type, ext::IdentExt, parenthesized, parse::ParseStream,
    spanned::Spanned,
};

use crate::parse::Problems;

/// What a strategy is called.
pub(crate) const STRATEGIES: [(&str, Strategy); 8] = [
    ("sharded", Strategy::Sharded),
    ("snapshot", Strategy::Snapshot),
    ("versioned", Strategy::Versioned),
    ("read_mostly", Strategy::ReadMostly),
    ("generational", Strategy::Generational),
    ("locked", Strategy::Locked),
    ("fail_fast", Strategy::FailFast),
    ("cache", Strategy::Cache),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strategy {
    Sharded,
    Snapshot,
    Versioned,
    ReadMostly,
    Generational,
    Locked,
    FailFast,
    Cache,
}

/// A strategy where it is written, with its own option.
#[derive(Clone)]
pub(crate) struct Chosen {
    pub(crate) name: Ident,
    pub(crate) strategy: Strategy,
    /// `shards` or `capacity`.
    pub(crate) number: Option<LitInt>,
}

/// The options of a field.
#[derive(Default)]
pub(crate) struct FieldOptions {
    pub(crate) strategy: Option<Chosen>,
    pub(crate) key: Option<Type>,
    pub(crate) value: Option<Type>,
    pub(crate) hasher: Option<Type>,
}

/// The options of the struct.
#[derive(Default)]
pub(crate) struct StructOptions {
    pub(crate) shared: Option<Ident>,
    pub(crate) no_plain: bool,
    /// Where `safe-map` is, if it is not a dependency by this name.
    pub(crate) krate: Option<Path>,
}

impl FieldOptions {
    pub(crate) fn of(attributes: &[Attribute], problems: &mut Problems) -> Self {
        let mut options = FieldOptions::default();
        each_option(attributes, problems, |name, input, problems| options.take(name, input, problems));
        options
    }

    fn take(&mut self, name: &Ident, input: ParseStream<'_>, problems: &mut Problems) -> syn::Result<()> {
        let slot = match name.to_string().as_str() {
            "key" => &mut self.key,
            "value" => &mut self.value,
            "hasher" => &mut self.hasher,
            other => {
                let Some((_, strategy)) = STRATEGIES.iter().find(|(it, _)| *it == other) else {
                    return Err(unknown(name, "strategy or option", &Self::known()));
                };
                return self.choose(Chosen::parse(name, *strategy, input, problems)?, problems);
            }
        };
        input.parse::<Token![=]>()?;
        if slot.replace(input.parse()?).is_some() {
            problems.add(name.span(), format!("`{name}` is given twice"));
        }
        Ok(())
    }

    fn choose(&mut self, chosen: Chosen, problems: &mut Problems) -> syn::Result<()> {
        match &self.strategy {
            Some(first) => {
                let message = format!("a field has one strategy, and this one has `{}` already", first.name);
                problems.add(chosen.name.span(), message);
            }
            None => self.strategy = Some(chosen),
        }
        Ok(())
    }

    fn known() -> Vec<&'static str> {
        STRATEGIES.iter().map(|(name, _)| *name).chain(["key", "value", "hasher"]).collect()
    }
}

impl Chosen {
    fn parse(
        name: &Ident,
        strategy: Strategy,
        input: ParseStream<'_>,
        problems: &mut Problems,
    ) -> syn::Result<Self> {
        let mut chosen = Chosen { name: name.clone(), strategy, number: None };
        if input.peek(syn::token::Paren) {
            let inner;
            parenthesized!(inner in input);
            each_of(&inner, problems, |option, input, problems| chosen.take(option, input, problems));
        }
        Ok(chosen)
    }

    fn take(&mut self, option: &Ident, input: ParseStream<'_>, problems: &mut Problems) -> syn::Result<()> {
        let wanted = match self.strategy {
            Strategy::Sharded | Strategy::Versioned => "shards",
            Strategy::Cache => "capacity",
            _ => return Err(syn::Error::new(option.span(), format!("`{}` has no options", self.name))),
        };
        if option != wanted {
            return Err(unknown(option, &format!("option of `{}`", self.name), &[wanted]));
        }
        input.parse::<Token![=]>()?;
        let number: LitInt = input.parse()?;
        let value: usize = number.base10_parse()?;
        if wanted == "shards" && !value.is_power_of_two() {
            problems.add(number.span(), "the number of shards must be a power of two".to_owned());
        }
        if self.number.is_some() {
            problems.add(option.span(), format!("`{wanted}` is given twice"));
        }
        self.number = Some(number);
        Ok(())
    }
}

impl StructOptions {
    pub(crate) fn of(attributes: &[Attribute], problems: &mut Problems) -> Self {
        let mut options = StructOptions::default();
        each_option(attributes, problems, |name, input, problems| options.take(name, input, problems));
        options
    }

    fn take(&mut self, name: &Ident, input: ParseStream<'_>, problems: &mut Problems) -> syn::Result<()> {
        let given = match name.to_string().as_str() {
            "no_plain" => std::mem::replace(&mut self.no_plain, true),
            "shared" => {
                input.parse::<Token![=]>()?;
                let shared: LitStr = input.parse()?;
                let ident = shared.parse::<Ident>();
                let ident =
                    ident.map_err(|_| syn::Error::new(shared.span(), "this is not a name for a type"))?;
                self.shared.replace(ident).is_some()
            }
            "crate" => {
                input.parse::<Token![=]>()?;
                let path: LitStr = input.parse()?;
                let parsed = path.parse_with(Path::parse_mod_style);
                let parsed =
                    parsed.map_err(|_| syn::Error::new(path.span(), "this is not a path to a crate"))?;
                self.krate.replace(parsed).is_some()
            }
            _ => return Err(unknown(name, "option of the struct", &["shared", "no_plain", "crate"])),
        };
        if given {
            problems.add(name.span(), format!("`{name}` is given twice"));
        }
        Ok(())
    }
}

/// The arguments of `allow_hazard` and `expect_hazard`: lints, then a reason.
pub(crate) fn check_hazard(attribute: &str, input: ParseStream<'_>) -> syn::Result<()> {
    let whole = input.span();
    let (mut lints, mut reason) = (0, false);
    while !input.is_empty() {
        let name: Ident = input.parse()?;
        if name == "reason" && input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            let text: LitStr = input.parse()?;
            if text.value().trim().is_empty() {
                return Err(syn::Error::new(text.span(), "the reason is empty"));
            }
            reason = true;
        } else {
            lints += 1;
        }
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
    }
    let fail =
        |what: &str| Err(syn::Error::new(whole, format!("{what}: `{attribute}(lint, reason = \"..\")`")));
    match (lints, reason) {
        (0, _) => fail("name the lint"),
        (_, false) => fail("give a reason"),
        (_, true) => Ok(()),
    }
}

/// Calls `take` for each option in the `#[safe_map(..)]` attributes.
fn each_option(
    attributes: &[Attribute],
    problems: &mut Problems,
    mut take: impl FnMut(&Ident, ParseStream<'_>, &mut Problems) -> syn::Result<()>,
) {
    for attribute in attributes.iter().filter(|it| it.path().is_ident("safe_map")) {
        let parsed = attribute.parse_args_with(|input: ParseStream<'_>| {
            each_of(input, problems, &mut take);
            Ok(())
        });
        if let Err(error) = parsed {
            problems.push(syn::Error::new(attribute.span(), error));
        }
    }
}

/// Calls `take` for each option of a list, also for those after a mistake.
fn each_of(
    input: ParseStream<'_>,
    problems: &mut Problems,
    mut take: impl FnMut(&Ident, ParseStream<'_>, &mut Problems) -> syn::Result<()>,
) {
    while !input.is_empty() {
        let taken = input.call(Ident::parse_any).and_then(|name| take(&name, input, problems));
        if let Err(error) = taken {
            problems.push(error);
        } else if !input.is_empty() && !input.peek(Token![,]) {
            problems.push(input.error("expected a comma"));
        }
        skip_to_comma(input);
    }
}

/// Goes behind the next comma.
fn skip_to_comma(input: ParseStream<'_>) {
    while !input.is_empty() {
        if input.parse::<Token![,]>().is_ok() || input.parse::<TokenTree>().is_err() {
            return;
        }
    }
}

/// An option that does not exist, with the one that was meant, if that can be guessed.
fn unknown(name: &Ident, what: &str, known: &[&str]) -> syn::Error {
    let written = name.to_string();
    let close = known.iter().min_by_key(|it| strsim::levenshtein(it, &written));
    let meant = close.filter(|it| strsim::levenshtein(it, &written) <= 2);
    let help = match meant {
        Some(it) => format!("did you mean `{it}`?"),
        None => {
            format!("there are {}", known.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", "))
        }
    };
    syn::Error::new(name.span(), format!("unknown {what} `{name}`; {help}"))
}
