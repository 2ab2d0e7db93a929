//! In which language somebody reads: strictly the one asked for, unless they ask otherwise.

use crate::error::{Error, Result};
use crate::language::{Tag, negotiate};
use actix_web::HttpRequest;
use actix_web::http::header;
use serde::{Deserialize, Deserializer};

/// `language=kk` or `language=auto`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    Auto,
    Is(Tag),
}

impl<'de> Deserialize<'de> for Wanted {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        if text == "auto" {
            return Ok(Self::Auto);
        }
        Tag::parse(&text).map(Self::Is).map_err(serde::de::Error::custom)
    }
}

/// `fallback=ru,en` or `fallback=auto`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fallback {
    Auto,
    To(Vec<Tag>),
}

impl<'de> Deserialize<'de> for Fallback {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        if text == "auto" {
            return Ok(Self::Auto);
        }
        let tags = text.split(',').take(11).map(|tag| Tag::parse(tag.trim())).collect::<Result<Vec<_>, _>>().map_err(serde::de::Error::custom)?;
        if tags.len() > 10 {
            return Err(serde::de::Error::custom("names more than 10 languages"));
        }
        Ok(Self::To(tags))
    }
}

impl Fallback {
    /// The languages to try after `wanted`, in order.
    pub fn after(&self, wanted: &Tag) -> Vec<Tag> {
        let tags = match self {
            Self::Auto => wanted.fallbacks(),
            Self::To(tags) => tags.clone(),
        };
        let mut distinct: Vec<Tag> = vec![];
        for tag in tags {
            if tag != *wanted && !distinct.contains(&tag) {
                distinct.push(tag);
            }
        }
        distinct
    }
}

/// The best of what there is for the `Accept-Language` of the request.
pub fn best(request: &HttpRequest, available: &[Tag]) -> Option<Tag> {
    let header = request.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok())?;
    negotiate(header, available)
}

/// Fallback needs something to fall back from.
pub fn check(language: Option<&Wanted>, fallback: Option<&Fallback>) -> Result<()> {
    if fallback.is_some() && language.is_none() {
        return Err(Error::parameter("fallback", "needs `language`, from which to fall back"));
    }
    Ok(())
}
