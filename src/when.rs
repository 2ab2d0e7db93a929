//! A moment as people say it: a time of day somewhere, or an instant.

use crate::clock::Clock;
use crate::db::Timestamp;
use crate::error::Faults;
use chrono::{Datelike, FixedOffset, MappedLocalTime, NaiveDateTime, Offset, TimeDelta, TimeZone};
use chrono_tz::Tz;

/// What a request says of a moment.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    /// `2026-10-25T02:30` with a time zone, or an instant with its offset or `Z`.
    pub at: &'a str,
    /// IANA.
    pub time_zone: Option<&'a str>,
    /// `+03:00`: which of two, where the clocks are put back.
    pub offset: Option<&'a str>,
}

/// A moment, and how it was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    pub at: Timestamp,
    /// The time of day in the time zone; `None` without one.
    pub local: Option<String>,
    pub time_zone: Option<String>,
}

/// How far clocks are put forward or back at most.
const LEAP: TimeDelta = TimeDelta::hours(24);

/// Reads a moment that is to come. Its faults are noted under `pointer`, `/time_zone` and `/offset`.
pub fn read(said: Said<'_>, pointer: &str, clock: &Clock, faults: &mut Faults) -> Option<Moment> {
    let zone = match said.time_zone.map(str::parse::<Tz>) {
        Some(Ok(zone)) => Some(zone),
        Some(Err(_)) => {
            faults.add("/time_zone", "unknown_time_zone", "is not a time zone of IANA, such as Asia/Baku");
            return None;
        }
        None => None,
    };
    let at = match (Timestamp::parse(said.at), local(said.at), zone) {
        (Some(instant), ..) => instant,
        (None, Some(local), Some(zone)) => in_zone(local, zone, said.offset, pointer, faults)?,
        (None, Some(_), None) => {
            faults.add("/time_zone", "required", "says where the time of day is meant; or give `at` with its offset");
            return None;
        }
        (None, None, _) => {
            faults.add(pointer, "invalid", "is not a time: write it as 2026-10-25T02:30 with a time_zone, or as 2026-10-25T02:30:00+03:00");
            return None;
        }
    };
    if at <= clock.now() {
        faults.add(pointer, "past", format!("is {at}, which is past"));
        return None;
    }
    let local = zone.map(|zone| zone.from_utc_datetime(&at.to_utc().naive_utc()).format("%Y-%m-%dT%H:%M:%S").to_string());
    Some(Moment { at, local, time_zone: zone.map(|zone| zone.name().to_owned()) })
}

fn local(text: &str) -> Option<NaiveDateTime> {
    let read = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"].iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    read.filter(|local| (1970..9999).contains(&local.year()))
}

fn offset(text: &str) -> Option<FixedOffset> {
    let bytes = text.as_bytes();
    let shape = bytes.len() == 6 && matches!(bytes.first(), Some(b'+' | b'-')) && bytes.get(3) == Some(&b':');
    text.parse().ok().filter(|_| shape)
}

/// The instant of a time of day in a zone: exactly one, or the one of the offset that was said.
fn in_zone(local: NaiveDateTime, zone: Tz, said: Option<&str>, pointer: &str, faults: &mut Faults) -> Option<Timestamp> {
    let found = zone.from_local_datetime(&local);
    if let Some(text) = said {
        let Some(offset) = offset(text) else {
            faults.add("/offset", "invalid", "is not an offset such as +03:00");
            return None;
        };
        let fits = match found {
            MappedLocalTime::Single(at) => at.offset().fix() == offset,
            MappedLocalTime::Ambiguous(first, second) => first.offset().fix() == offset || second.offset().fix() == offset,
            // The clocks jump over it: the offset of before or after says what is meant.
            MappedLocalTime::None => [local - LEAP, local + LEAP].iter().any(|near| zone.offset_from_utc_datetime(near).fix() == offset),
        };
        if !fits {
            faults.add("/offset", "wrong_offset", format!("is not the offset of {zone} at that time"));
            return None;
        }
        return offset.from_local_datetime(&local).single().map(|at| at.to_utc().into());
    }
    match found {
        MappedLocalTime::Single(at) => Some(at.to_utc().into()),
        MappedLocalTime::Ambiguous(first, second) => {
            let (first, second) = (first.offset().fix(), second.offset().fix());
            faults.add(pointer, "ambiguous_time", format!("is there twice in {zone}, as the clocks are put back: say `offset` {first} or {second}"));
            None
        }
        MappedLocalTime::None => {
            faults.add(pointer, "no_such_time", format!("is not there in {zone}, as the clocks are put forward over it: say another time, or an `offset`"));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Result;

    fn moment(at: &str, zone: Option<&str>, offset: Option<&str>) -> Result<String> {
        let clock = Clock::manual(Timestamp::parse("2026-07-24T12:00:00Z").unwrap());
        let mut faults = Faults::default();
        let read = read(Said { at, time_zone: zone, offset }, "/at", &clock, &mut faults);
        faults.finish()?;
        Ok(read.unwrap().at.to_string())
    }

    #[test]
    fn a_time_of_day_is_one_instant() {
        for (at, zone, offset, instant) in [
            ("2026-10-25T02:30", Some("Europe/Istanbul"), None, "2026-10-24T23:30:00Z"),
            ("2026-10-25T02:30", Some("Asia/Baku"), None, "2026-10-24T22:30:00Z"),
            // One time for all of Kazakhstan, since March 2024.
            ("2026-10-25T02:30", Some("Asia/Almaty"), None, "2026-10-24T21:30:00Z"),
            ("2026-10-25T01:59:59", Some("Europe/Berlin"), None, "2026-10-24T23:59:59Z"),
            ("2026-10-25T03:00", Some("Europe/Berlin"), None, "2026-10-25T02:00:00Z"),
            ("2026-10-25T02:30", Some("Europe/Berlin"), Some("+02:00"), "2026-10-25T00:30:00Z"),
            ("2026-10-25T02:30", Some("Europe/Berlin"), Some("+01:00"), "2026-10-25T01:30:00Z"),
            ("2027-03-28T02:30", Some("Europe/Berlin"), Some("+01:00"), "2027-03-28T01:30:00Z"),
            ("2027-03-28T02:30", Some("Europe/Berlin"), Some("+02:00"), "2027-03-28T00:30:00Z"),
            ("2026-07-25T09:00:00+05:00", None, None, "2026-07-25T04:00:00Z"),
            ("2026-07-25T09:00:00Z", Some("Asia/Baku"), None, "2026-07-25T09:00:00Z"),
        ] {
            assert_eq!(moment(at, zone, offset).unwrap(), instant, "{at} {zone:?} {offset:?}");
        }
    }

    #[test]
    fn what_is_no_time_or_two_is_refused() {
        for (at, zone, offset, pointer, code) in [
            ("2026-10-25T02:30", Some("Europe/Berlin"), None, "/at", "ambiguous_time"),
            ("2027-03-28T02:30", Some("Europe/Berlin"), None, "/at", "no_such_time"),
            ("2027-03-14T02:30", Some("America/New_York"), None, "/at", "no_such_time"),
            ("2026-10-25T02:30", Some("Europe/Berlin"), Some("+03:00"), "/offset", "wrong_offset"),
            ("2027-03-28T02:30", Some("Europe/Berlin"), Some("+05:00"), "/offset", "wrong_offset"),
            ("2026-10-25T02:30", Some("Europe/Berlin"), Some("CET"), "/offset", "invalid"),
            ("2026-10-25T02:30", None, None, "/time_zone", "required"),
            ("2026-10-25T02:30", Some("Asia/Astana"), None, "/time_zone", "unknown_time_zone"),
            ("2026-10-25", Some("Asia/Baku"), None, "/at", "invalid"),
            ("2026-07-24T16:00", Some("Asia/Baku"), None, "/at", "past"),
            ("2026-07-24T12:00:00Z", None, None, "/at", "past"),
        ] {
            let error = moment(at, zone, offset).unwrap_err();
            assert_eq!((error.faults[0].pointer.as_deref(), error.faults[0].code.as_ref()), (Some(pointer), code), "{at} {zone:?} {offset:?}");
        }
    }
}
