// Dates and numbers as text. Loaded by language.js when the first is asked for.
function makeTexts(host) {
  "use strict";
  const {
    ArrayIsArray, DatePrototypeGetDate, DatePrototypeGetFullYear, DatePrototypeGetHours, DatePrototypeGetMinutes,
    DatePrototypeGetMonth, DatePrototypeGetSeconds, DatePrototypeGetTime, BigIntPrototypeValueOf, Number,
    NumberPrototypeToFixed, NumberPrototypeValueOf, RangeError, String, StringPrototypeIndexOf, StringPrototypeRepeat,
    StringPrototypeSlice, TypeError,
  } = host.primordials;

  // Node's text without locale and options is that of the United States; all else takes the data of a library.
  function isPlain(locales, options) {
    return options === undefined && (locales === undefined || locales === "en-US");
  }

  // The host's text, undefined where it has none.
  function asked(op, request) {
    const answer = host.call(op, request);
    if (ArrayIsArray(answer)) throw new (answer[0] === "RangeError" ? RangeError : TypeError)(answer[1]);
    return answer === null ? undefined : answer;
  }

  function twoDigits(number) {
    return number < 10 ? "0" + number : "" + number;
  }

  function plainDate(date) {
    return DatePrototypeGetMonth(date) + 1 + "/" + DatePrototypeGetDate(date) + "/" + DatePrototypeGetFullYear(date);
  }

  function plainTime(date) {
    const hours = DatePrototypeGetHours(date);
    const rest = ":" + twoDigits(DatePrototypeGetMinutes(date)) + ":" + twoDigits(DatePrototypeGetSeconds(date));
    return (hours % 12 || 12) + rest + (hours < 12 ? " AM" : " PM");
  }

  function dateText(date, locales, options, parts) {
    const time = DatePrototypeGetTime(date);
    if (time !== time) return "Invalid Date";
    if (options === null) throw new TypeError("Cannot convert undefined or null to object");
    const text = isPlain(locales, options) ? undefined : asked("locale_date", [time, locales, options, parts]);
    if (text !== undefined) return text;
    if (parts === "any") return plainDate(date) + ", " + plainTime(date);
    return parts === "date" ? plainDate(date) : plainTime(date);
  }

  // At most three decimals, a comma before each three digits.
  function plainNumber(text) {
    const sign = text[0] === "-" ? "-" : "";
    if (sign !== "") text = StringPrototypeSlice(text, 1);
    if (text === "NaN" || text === "Infinity") return sign + (text === "NaN" ? text : "\u221e");
    if (StringPrototypeIndexOf(text, "e-") !== -1) return sign + "0";
    if (StringPrototypeIndexOf(text, "e") !== -1) text = withoutExponent(text);
    let point = StringPrototypeIndexOf(text, ".");
    if (point !== -1 && text.length - point > 4) {
      // To the nearest third decimal of the digits that are written, which are fewer than the number's own.
      const thousandths = Number(text + "e3") + 0.5;
      text = String(Number(NumberPrototypeToFixed(thousandths - (thousandths % 1), 0) + "e-3"));
      point = StringPrototypeIndexOf(text, ".");
    }
    let end = point === -1 ? text.length : point;
    let out = StringPrototypeSlice(text, end);
    for (; end > 3; end -= 3) out = "," + StringPrototypeSlice(text, end - 3, end) + out;
    return sign + StringPrototypeSlice(text, 0, end) + out;
  }

  function withoutExponent(text) {
    const e = StringPrototypeIndexOf(text, "e");
    const zeros = Number(StringPrototypeSlice(text, e + 2)) - (e > 1 ? e - 2 : 0);
    const digits = StringPrototypeSlice(text, 0, 1) + StringPrototypeSlice(text, 2, e);
    return digits + StringPrototypeRepeat("0", zeros);
  }

  function numberText(text, locales, options) {
    if (options === null) throw new TypeError("Cannot convert undefined or null to object");
    const made = isPlain(locales, options) ? undefined : asked("locale_number", [text, locales, options]);
    return made === undefined ? plainNumber(text) : made;
  }

  return {
    __proto__: null,
    ofDate: dateText,
    ofNumber(number, locales, options) {
      const value = NumberPrototypeValueOf(number);
      return numberText(value === 0 && 1 / value < 0 ? "-0" : String(value), locales, options);
    },
    ofBigInt(number, locales, options) {
      return numberText(String(BigIntPrototypeValueOf(number)), locales, options);
    },
  };
}
