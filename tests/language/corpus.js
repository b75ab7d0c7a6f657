// Dates, numbers and the order of texts as Node writes them. Each line printed is one case: what was asked, what came.
const moments = [Date.UTC(2026, 10, 6, 0, 4, 5, 67), Date.UTC(1999, 6, 1, 11, 0, 0)];
const tags = [
  "en-US", "en-GB", "de-DE", "de-CH", "fr-FR", "fr-CA", "it-IT", "es-ES", "es-MX", "pt-BR", "nl-NL", "da-DK", "sv-SE",
  "fi-FI", "pl-PL", "cs-CZ", "ru-RU", "ja-JP", "zh-CN", "ar-EG",
];
const dateOptions = [
  undefined,
  {},
  { timeZone: "Europe/Paris" },
  { timeZone: "America/New_York", hour12: false },
  { timeZone: "Asia/Tokyo", hour12: true },
  { hourCycle: "h23" },
  { year: "numeric", month: "2-digit", day: "2-digit" },
  { weekday: "long", year: "numeric", month: "long", day: "numeric" },
  { weekday: "short", day: "numeric", month: "short" },
  { year: "numeric", month: "long" },
  { month: "long" },
  { year: "numeric" },
  { hour: "2-digit", minute: "2-digit" },
  { hour: "numeric", minute: "2-digit", second: "2-digit" },
  { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" },
  { dateStyle: "short" }, { dateStyle: "medium" }, { dateStyle: "long" }, { dateStyle: "full" },
  { timeStyle: "short" }, { timeStyle: "medium" },
  { dateStyle: "full", timeStyle: "short" }, { dateStyle: "short", timeStyle: "short" }, { dateStyle: "medium", timeStyle: "medium" },
];
const numbers = [-0, 1234, 1234567.891, -12345.5, 0.256, 1.005];
const others = [NaN, -Infinity, 5, 1e21, 1e300, BigInt("12345678901234567890"), 999.9995, 0.0005, 1e-7, 123456.7894, -999999];
const numberOptions = [
  undefined,
  {},
  { minimumFractionDigits: 2 },
  { maximumFractionDigits: 1 },
  { minimumFractionDigits: 2, maximumFractionDigits: 2 },
  { maximumSignificantDigits: 3 },
  { minimumIntegerDigits: 2 },
  { useGrouping: false },
  { style: "percent" },
  { style: "percent", minimumFractionDigits: 1 },
  { style: "currency", currency: "EUR" },
  { style: "currency", currency: "USD" },
  { style: "currency", currency: "JPY" },
  { style: "unit", unit: "megabyte" },
];

function show(asked, call) {
  let text;
  try {
    text = call();
  } catch (error) {
    text = error.name + ": " + error.message;
  }
  console.log(JSON.stringify(asked) + " " + JSON.stringify(text));
}

for (const tag of tags) {
  for (const options of dateOptions) {
    const [date, other] = moments.map((moment) => new Date(moment));
    show([tag, options], () => [date.toLocaleString(tag, options), other.toLocaleString(tag, options)]);
    if (options && (options.timeStyle || options.dateStyle)) continue;
    show([tag, options, "parts"], () => [date.toLocaleDateString(tag, options), date.toLocaleTimeString(tag, options)]);
  }
  for (const options of numberOptions) {
    // Babel's data and Node's are of different years here.
    if (options && options.style === "currency" && (tag === "ar-EG" || (tag === "da-DK" && options.currency === "USD"))) continue;
    show([tag, options, "numbers"], () => numbers.map((number) => number.toLocaleString(tag, options)));
  }
}

const date = new Date(moments[0]);
show("no arguments", () => [date.toLocaleString(), date.toLocaleDateString(), date.toLocaleTimeString()]);
for (const number of [...numbers, ...others]) show(String(number), () => number.toLocaleString());
for (const tag of ["zz", "xx-invalid-locale-zzzzzzzzzz", "de-DE-u-nu-latn", ["qq", "de"], undefined]) {
  show(["tag", tag], () => date.toLocaleDateString(tag, { month: "long" }));
}
for (const tag of ["en-US", "fi-FI", "ru-RU"]) show(["no number", tag], () => [NaN, -Infinity].map((n) => n.toLocaleString(tag, {})));
show("zone", () => date.toLocaleString("en-US", { timeZone: "Nowhere/Land" }));
show("zone in small letters", () => ["europe/paris", "utc", "ASIA/TOKYO"].map((timeZone) => date.toLocaleString("en-US", { timeZone })));
for (const options of [undefined, { year: "numeric", month: "2-digit", day: "2-digit" }, { timeZone: "America/Toronto" }]) {
  show(["Canada", options], () => [date.toLocaleDateString("en-CA", options), date.toLocaleString("en-CA", options)]);
}
for (const tag of [5, true, {}]) show(["no tag", tag], () => [date.toLocaleDateString(tag), (1234.5).toLocaleString(tag)]);
show("zone name", () => date.toLocaleTimeString("en-US", { timeZone: "America/New_York", timeZoneName: "short" }));
show("zone name", () => date.toLocaleTimeString("fr-FR", { timeZone: "Europe/Paris", timeZoneName: "short" }));
show("zone offset", () => date.toLocaleTimeString("de-DE", { timeZone: "+05:30" }));
show("option", () => date.toLocaleString("en-US", { month: "huge" }));
show("option", () => (1).toLocaleString("en-US", { minimumFractionDigits: 101 }));
show("currency", () => (1).toLocaleString("en-US", { style: "currency" }));
show("currency", () => (1234.5).toLocaleString("de-DE", { style: "currency", currency: "EURO" }));
show("unit", () => (1).toLocaleString("en-US", { style: "unit", unit: "qwertz" }));
show("compact", () => [1234567, 999, 15300, 1e9].map((n) => n.toLocaleString("en-US", { notation: "compact" })));
show("invalid date", () => new Date(NaN).toLocaleString("fr-FR", { timeZone: "Europe/Paris" }));
show("array", () => [1234.5, date, null, "x"].toLocaleString("de-DE", { timeZone: "UTC" }));
show("names", () => [Date.prototype.toLocaleString, Number.prototype.toLocaleString, "".localeCompare].map((f) => f.name + f.length));

const summer = new Date(Date.UTC(2026, 6, 6, 14, 4, 5, 67));
for (const [tag, options] of [
  ["en-US", { timeZone: "America/New_York", timeZoneName: "long" }], ["en-US", { timeZone: "America/New_York", timeZoneName: "short" }],
  ["en-US", { timeZone: "America/St_Johns", timeZoneName: "short" }], ["de-DE", { timeZone: "Europe/Berlin", timeZoneName: "short" }],
  ["en-US", { timeZone: "Etc/GMT-5", timeZoneName: "longOffset" }], ["en-US", { timeZone: "Etc/GMT-5", timeZoneName: "long" }],
  ["de-DE", { timeZone: "UTC", timeZoneName: "short" }], ["es-MX", { timeZone: "Europe/Berlin", timeZoneName: "short" }],
]) show(["zone name", tag, options], () => [date.toLocaleString(tag, options), summer.toLocaleDateString(tag, options)]);
for (const timeZone of ["../etc/passwd", "", "Nowhere"]) show(["zone", timeZone], () => date.toLocaleString("en-US", { timeZone }));
for (const n of [1, 2, 3]) {
  show(["fraction", n], () => date.toLocaleTimeString("en-US", { hour: "numeric", minute: "2-digit", second: "2-digit", fractionalSecondDigits: n }));
}
for (const style of ["tiny", "short"]) {
  show(["dateStyle", style], () => date.toLocaleString("de-DE", { dateStyle: style }));
  show(["timeStyle", style], () => date.toLocaleString("de-DE", { timeStyle: style }));
}
for (const tag of ["en-US", "es-ES"]) {
  for (const cycle of [{ hour12: true }, { hour12: false }, { hourCycle: "h12" }, { hourCycle: "h23" }]) {
    show(["cycle", tag, cycle], () => [date, summer].map((d) => d.toLocaleTimeString(tag, { timeStyle: "short", ...cycle })));
  }
}
for (const options of [
  { signDisplay: "never" }, { signDisplay: "exceptZero" }, { minimumFractionDigits: 0 }, { minimumSignificantDigits: 3 },
  { minimumSignificantDigits: 5, maximumSignificantDigits: 7 }, { useGrouping: "min2" }, { useGrouping: true },
  { style: "currency", currency: "EUR", maximumFractionDigits: 0 }, { style: "currency", currency: "E1R" },
]) {
  for (const tag of ["de-DE", "es-ES", "hi-IN"]) {
    show([tag, options], () => [0, 1, -1234.5, 12345.675, 98765432].map((number) => number.toLocaleString(tag, options)));
  }
}
const fewTags = ["en-US", "en-GB", "de-DE", "fr-FR", "sv-SE"];
const time = { hour: "2-digit", minute: "2-digit" };
const exact = { ...time, second: "2-digit", fractionalSecondDigits: 3 };
const zoned = ["short", "long", "shortOffset", "longOffset", "longGeneric"].flatMap((timeZoneName) =>
  ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"].flatMap((timeZone) => [
    { timeZoneName, timeZone }, { timeZoneName, timeZone, ...time }, { timeZoneName, timeZone, month: "long", day: "numeric" },
  ]));
const hours = [{ hour12: true }, { hour12: false }, { hourCycle: "h23" }, { hourCycle: "h11" }].flatMap((way) => [
  { timeStyle: "short", ...way }, { timeStyle: "full", timeZone: "Europe/Berlin", ...way }, { dateStyle: "short", ...way },
  { dateStyle: "long", timeStyle: "medium", ...way }, { ...time, ...way }, { weekday: "long", ...time, ...way },
]);
const moreDateOptions = [
  ...zoned, ...hours, exact, { weekday: "short", ...time }, { weekday: "long", hour: "numeric" }, { weekday: "long" },
  { year: "2-digit" }, { hour: "numeric" }, { fractionalSecondDigits: 3 }, { second: "numeric", fractionalSecondDigits: "1" },
  { day: "numeric", month: "short", ...exact }, { fractionalSecondDigits: 4 }, { fractionalSecondDigits: "x" },
  { timeZoneName: "x" }, { dateStyle: "short", hour: "numeric" }, { timeStyle: "short", timeZoneName: "short" },
  { timeStyle: "x" }, { dateStyle: "short" },
];
const groupings = [true, false, "true", "false", "always", "auto", "min2", "", 0, 1, "x", undefined];
const signs = ["auto", "always", "never", "exceptZero", "negative", "x"];
const money = { style: "currency", currency: "USD" };
const moreNumberOptions = [
  ...groupings.map((useGrouping) => ({ useGrouping })), ...signs.map((signDisplay) => ({ signDisplay, maximumFractionDigits: 1 })),
  { minimumFractionDigits: "2" }, { maximumFractionDigits: "x" }, { maximumFractionDigits: 21 }, { minimumFractionDigits: 2, maximumFractionDigits: 1 },
  { minimumIntegerDigits: 22 }, { maximumSignificantDigits: 22 }, { minimumSignificantDigits: 3, maximumSignificantDigits: 2 },
  ...["ceil", "floor", "trunc", "expand", "halfEven", "x"].map((roundingMode) => ({ roundingMode, maximumFractionDigits: 0 })),
  { minimumFractionDigits: 2, trailingZeroDisplay: "stripIfInteger" },
  { ...money, currencyDisplay: "name" }, { ...money, currencyDisplay: "code" }, { ...money, currencySign: "accounting" },
  ...["short", "long", "narrow"].flatMap((unitDisplay) => ["percent", "megabyte-per-second", "kilometer-per-hour", "minute"].map(
    (unit) => ({ style: "unit", unit, unitDisplay, minimumFractionDigits: 1, maximumFractionDigits: 1 }))),
  { style: "unit" }, { style: "unit", unit: "x" }, { style: "unit", unit: "x-per-second" }, { style: "x" }, { notation: "x" },
];
for (const tag of fewTags) {
  for (const options of moreDateOptions) {
    for (const kind of ["toLocaleString", "toLocaleDateString", "toLocaleTimeString"]) {
      show([tag, kind, options], () => moments.map((moment) => new Date(moment)[kind](tag, options)));
    }
  }
  for (const options of moreNumberOptions) {
    show([tag, options], () => [0, -0.04, 1, 1234.5, -1234567.891].map((number) => number.toLocaleString(tag, options)));
  }
  show([tag, "compact"], () => [1234567, 1500000000].map((number) => number.toLocaleString(tag, { notation: "compact", maximumFractionDigits: 2 })));
}
show("many digits", () => (1e21).toLocaleString("de-DE", { minimumFractionDigits: 10 }));
for (const tag of ["d", "de-XX", "de-x-at", "mr-IN"]) show(["tag", tag], () => date.toLocaleDateString(tag));

for (const tag of ["mr-IN", "bn", "my", "fa", "hi"]) show(["number", tag], () => (-1234567.891).toLocaleString(tag));
for (const wrong of [[], { a: 1 }, 5]) show(["wrong", typeof wrong], () => {
  try {
    date.toLocaleString("de-DE", { month: wrong });
  } catch (error) {
    return error.name;
  }
});

const words = ["a", "é", "z", "e", "E", "ä", "Z", "A", "á", "f", "ß", "ss", "st", "ssa", "resume", "résumé", "Résumé", "resumé", "Resume", "côte", "cote",
  "coté", "côté", "co-op", "coop", "co op", "Co-op", "1", "10", "2", "_x", "-x", "x", "X", "ö", "o", "oz", "ø", "ñ", "n", "nz", "æ", "ad", "af",
  "я", "Я", "ω", "中", "a b", "ab", "", " ", "ł", "l", "lz", "Ångström", "angstrom", "Zebra", "zebra", "ÿ", "y"];
show("order", () => [...words].sort((a, b) => a.localeCompare(b)));
for (const [a, b] of [["a", "a"], ["a", "b"], ["b", "a"], ["é", "e\u0301"], ["a", "A"], ["", "a"], ["a\0", "a"], ["a", undefined], ["1", 1]]) {
  show([a, b], () => a.localeCompare(b));
}
const ordered = [
  "Ähre", "Zebra", "Ärger", "Åse", "Öl", "Øl", "Aas", "AA", "Aal", "ad", "az", "Czech", "čaj", "Čech", "cibule", "ćma", "chata", "hrad", "ibis", "ñu",
  "nunca", "oz", "ördek", "ösz", "łza", "lza", "lyuk", "luk", "ly", "šum", "sz", "sun", "ß", "şen", "sen", "țară", "tara", "tz", "ül", "ul", "üz", "uz", "ý", "yz",
  "źle", "žena", "żaba", "zz", "đak", "dal", "dz", "ég", "eg", "ez", "w", "v",
];
for (const tag of ["en", "de-DE", "sv-SE", "fi", "da-DK", "nb", "no", "es-ES", "pl", "cs", "sk", "hr", "sl", "hu", "tr-TR", "lt", "lv", "ro", "et", "is", ["sv", "en"], []]) {
  show(["order", tag], () => [...ordered].sort((a, b) => a.localeCompare(b, tag)).join(" "));
}
show("order of i", () => ["ir", "İr", "ır", "Ir", "iz", "ız", "h", "j"].sort((a, b) => a.localeCompare(b, "tr")).join(" "));
for (const tag of ["tr", "az-AZ", "lt", "de", "en-US", ["tr", "de"], [], undefined, 5, null, "", "de_DE", "x"]) {
  show(["letters", tag], () => "iıIİ ß ΑΣ I\u0307 i\u0307 i\u0307\u0301 J\u0301 Ì".toLocaleUpperCase(tag));
  show(["letters", tag], () => "iıIİ ß ΑΣ I\u0307 i\u0307 i\u0307\u0301 J\u0301 Ì".toLocaleLowerCase(tag));
  if (tag !== "") show(["order", tag], () => "a".localeCompare("b", tag)); // which is an error with letters alone
}
const ascii = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i));
show("ascii", () => ascii.sort((a, b) => a.localeCompare(b)).join(""));

// One pair each for what languages do to letters of their own: variants, three letters that are one, composed or not,
// capital ones (first in Danish), beyond the letters of one code unit, and beyond texts that are remembered.
for (const tag of ["en", "SV", "da", "no", "hu", "cs", "lt", "en"]) {
  for (const [a, b] of [
    ["ä", "z"], ["ü", "ű"], ["Ü", "ű"], ["y", "ü"], ["dzz", "dzsa"], ["í", "ý"], ["Č", "č"], ["a", "A"], ["aA", "Az"], ["aaz", "åb"], ["😀", "😁"], ["a\u030a", "å"], ["a\u030a", "z"],
    ["x".repeat(101) + "ä", "x".repeat(101) + "z"],
  ]) show(["pair", tag, a.slice(-4), b.slice(-4)], () => a.localeCompare(b, tag));
}
show(["letters", "TR"], () => ["iI".toLocaleUpperCase("TR"), "iI".toLocaleLowerCase("TR"), "iI".toLocaleLowerCase("LT-lt")]);
for (const accent of ["\u0300", "\u0314", "\u0315", "\u033c", "\u033d", "\u0344", "\u0345"]) {
  show(["above", accent], () => `I${accent}`.toLocaleLowerCase("lt"));
}
for (const name of ["localeCompare", "toLocaleUpperCase", "toLocaleLowerCase"]) {
  for (const nothing of [undefined, null]) show([name, String(nothing)], () => ""[name].call(nothing, "x"));
}

// Offsets, fractions of seconds and zones beside few other parts.
for (const tag of ["et", "lt", "fr", "sv"]) {
  show(["offset", tag], () => date.toLocaleString(tag, { month: "long", timeZone: "America/New_York", timeZoneName: "shortOffset" }));
}
for (const tag of ["fr", "fi", "en-US", "fr-CA", "de", "it", "uk"]) {
  for (const options of [
    { weekday: "short", ...time, timeZoneName: "short", timeZone: "UTC" },
    { weekday: "short", ...exact }, { minute: "numeric", second: "numeric", fractionalSecondDigits: 2 }, exact,
    { fractionalSecondDigits: 0 }, { hour: "numeric" }, { hour: "2-digit" },
  ]) show(["beside", tag, options], () => date.toLocaleTimeString(tag, options));
}
for (const tag of ["en-US", "fr", "de"]) for (const timeZoneName of ["short", "shortOffset"]) {
  show(["hour", tag, timeZoneName], () => date.toLocaleTimeString(tag, { hour: "numeric", timeZone: "UTC", timeZoneName }));
}
for (const wrong of [{}, "1e1", "x", 1.9, true]) show(["digits", wrong], () => (1.5).toLocaleString("de", { minimumFractionDigits: wrong }));
for (const roundingMode of ["ceil", "floor", "expand", "trunc", "halfCeil", "halfFloor", "halfExpand", "halfTrunc", "halfEven"]) {
  show(["rounding", roundingMode], () => [2.5, 3.5, -2.5, -3.5, 2.4, -2.6].map((n) => n.toLocaleString("en-GB", { roundingMode, maximumFractionDigits: 0 })));
}
for (const digits of [20, 21, 50, 101]) show(["digits", digits], () => (1.5).toLocaleString("de", { minimumFractionDigits: digits }));
for (const options of [
  { minimumSignificantDigits: 0 }, { minimumSignificantDigits: 3 }, { minimumIntegerDigits: 21, useGrouping: false }, { style: "unit", unit: "kilometer-per-x" },
  { style: "currency", currency: "usd", currencyDisplay: "code" }, { style: "currency", currency: "EUR", currencyDisplay: "name", maximumFractionDigits: 0 },
]) show(["en-US", options], () => [0, 1, -1, 2, BigInt("1234567890123456789012345")].map((n) => n.toLocaleString("en-US", options)));
for (const unit of ["minute", "percent", "megabyte-per-second"]) {
  show(["unit", unit], () => [NaN, -Infinity, -1].map((n) => n.toLocaleString("en-US", { style: "unit", unit, unitDisplay: "long" })));
}
for (const tag of ["fr-CA", "de", "en"]) for (const way of [{ hour12: true }, { hour12: false }, { hourCycle: "h23" }, { hourCycle: "h11" }]) {
  show(["clock", tag, way], () => ["short", "medium", "full"].map((timeStyle) => date.toLocaleTimeString(tag, { timeStyle, timeZone: "Europe/Paris", ...way })));
}
show("two digits", () => ["short", "medium"].map((timeStyle) => date.toLocaleTimeString("lt", { timeStyle, hour12: true })));
