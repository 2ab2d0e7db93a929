"""Makes cldr.tsv from the npm packages cldr-localenames-full and cldr-dates-full, unpacked beside each other:

    npm pack cldr-localenames-full cldr-dates-full
    for f in *.tgz; do tar xzf $f --one-top-level=$(echo $f | sed 's/-full.*//'); done
    python3 cldr.py . > cldr.tsv

CLDR leaves out what its root says: for English that is the last part of the zone's id. What is not in the script of its language is
left out, and so are zones that are called as their country.
"""

import json
import os
import sys

LANGUAGES = "az az-Cyrl tr kk kk-Arab ky uz uz-Cyrl tk tt ba ug kaa ru en".split()
ARABIC = ("kk-Arab", "ug")
LATIN = ("az", "tr", "uz", "tk", "en")
BODIES = ("EU", "UN")
NO_COUNTRIES = ("AC", "CP", "CQ", "DG", "EA", "EZ", "IC", "QO", "TA", "XA", "XB", "XK", "ZZ")


def load(package, language, file):
    path = f"{sys.argv[1]}/{package}/package/main/{language}/{file}.json"
    return json.load(open(path, encoding="utf-8"))["main"][language] if os.path.exists(path) else {}


def fits(text, language):
    letters = [c for c in text if c.isalpha()]
    if language in ARABIC:
        return all("\u0600" <= c <= "\u06ff" for c in letters)
    if language in LATIN:
        return all(c < "\u0300" or c == "\u0259" for c in letters)
    return all("\u0400" <= c <= "\u052f" for c in letters)


def cell(texts, language):
    names = []
    for text in texts:
        text = " ".join((text or "").split())
        if language == "uz":
            text = text.replace("\u2018", "\u02bb").replace("\u2019", "\u02bc")
        if text and text not in names and fits(text, language):
            names.append(text)
    return "|".join(names)


territories = {t: load("cldr-localenames", t, "territories").get("localeDisplayNames", {}).get("territories", {}) for t in LANGUAGES}
zones = {t: load("cldr-dates", t, "timeZoneNames").get("dates", {}).get("timeZoneNames", {}).get("zone", {}) for t in LANGUAGES}


def territory(code, language):
    names = territories[language]
    if names.get(code) == code:
        return ""
    name, short, variant = (names.get(code + end) or "" for end in ("", "-alt-short", "-alt-variant"))
    bare, _, other = name.rstrip(")").partition("(")
    # Brackets hold a second name of Myanmar, and what is no name of others.
    return cell([bare, short, other if code == "MM" else "", "" if "(" in variant else variant], language)


def city(area, zone, language):
    name = zones[language].get(area, {}).get(zone, {}).get("exemplarCity")
    if name is None and language == "en":
        name = zone.replace("_", " ")
    return cell([name], language)


rows = []
countries = set()
for code in sorted(territories["en"]):
    if len(code) == 2 and code.isalpha() and code not in NO_COUNTRIES:
        kind = "body" if code in BODIES else "place"
        scheme = "cldr" if code in BODIES else "iso3166"
        rows.append([kind, f"{scheme}:{code}"] + [territory(code, t) for t in LANGUAGES])
        countries.update(rows[-1][-1].split("|"))
for area in ("Africa", "America", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"):
    for zone, names in sorted(zones["ru"].get(area, {}).items()):
        row = [city(area, zone, t) for t in LANGUAGES]
        if "exemplarCity" in names and row[-1] not in countries:
            rows.append(["place", f"tz:{area}/{zone}"] + row)
print("\t".join(["kind", "code"] + LANGUAGES))
for row in rows:
    print("\t".join(row))
