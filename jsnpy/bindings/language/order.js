// The order of texts. Loaded by language.js when two are first compared.
function makeOrder(host) {
  "use strict";
  const {
    Map, MapPrototypeGet, MapPrototypeSet, RegExpPrototypeExec, String, StringPrototypeCodePointAt,
    StringPrototypeIndexOf, StringPrototypeNormalize, StringPrototypeSlice, StringPrototypeToLowerCase,
  } = host.primordials;

  // The order of texts: letters without their marks, then the marks, then small before capital letters.
  const inOrder = "\t\n\v\f\r\x85\u2028\u2029 _-\u2010\u2011\u2012\u2013\u2014\u2015,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$";
  const markOrder = "\u0301\u0300\u0306\u0302\u030c\u030a\u0308\u030b\u0303\u0307\u0328\u0304";
  const takenApart = {
    __proto__: null,
    "ß": "ss", "æ": "a\u0338e", "œ": "o\u0338e", "ø": "o\u0338", "đ": "d\u0338", "ł": "l\u0338", "ħ": "h\u0338", "ı": "i\u0338",
  };
  const weights = new Map();

  function weightOf(char) {
    let weight = MapPrototypeGet(weights, char);
    if (weight !== undefined) return weight;
    const code = StringPrototypeCodePointAt(char, 0);
    const place = StringPrototypeIndexOf(inOrder, char);
    if (RegExpPrototypeExec(/^\p{M}$/u, char) !== null) {
      const mark = StringPrototypeIndexOf(markOrder, char);
      weight = -1 - (mark === -1 ? code : mark);
    } else if (place !== -1) weight = place + 1;
    else if (RegExpPrototypeExec(/^\p{C}$/u, char) !== null) weight = 0;
    else {
      const kind = RegExpPrototypeExec(/^(?:(\p{Z})|(\p{P})|(\p{S})|(\p{N}))$/u, char);
      weight = code + 0x200000 * (kind === null ? 5 : kind[1] ? 1 : kind[2] ? 2 : kind[3] ? 3 : 4);
    }
    MapPrototypeSet(weights, char, weight);
    return weight;
  }

  // A text's letters, each with its marks and whether it is a capital one.
  function lettersOf(text) {
    const letters = { __proto__: null, length: 0 };
    text = StringPrototypeNormalize(text, "NFKD");
    for (let i = 0; i < text.length; ) {
      const char = StringPrototypeSlice(text, i, i + (StringPrototypeCodePointAt(text, i) > 0xffff ? 2 : 1));
      i += char.length;
      const small = StringPrototypeToLowerCase(char);
      const apart = takenApart[small] || small;
      for (let j = 0; j < apart.length; ) {
        const one = StringPrototypeSlice(apart, j, j + (StringPrototypeCodePointAt(apart, j) > 0xffff ? 2 : 1));
        j += one.length;
        const weight = weightOf(one);
        const last = letters[letters.length - 1];
        if (weight > 0) {
          letters[letters.length++] = { __proto__: null, weight, marks: "", form: (small !== char) * 2 + (apart !== small) };
        } else if (weight < 0 && last !== undefined) last.marks += mark(weight);
      }
    }
    return letters;
  }

  function mark(weight) {
    const place = -1 - weight;
    return String(place + (place < 100 ? 1000000 : 2000000)) + " ";
  }

  function difference(a, b, part) {
    const length = a.length < b.length ? a.length : b.length;
    for (let i = 0; i < length; i++) {
      if (a[i][part] !== b[i][part]) return a[i][part] < b[i][part] ? -1 : 1;
    }
    return 0;
  }

  return function compare(one, other) {
    const a = lettersOf(one);
    const b = lettersOf(other);
    const byLength = a.length === b.length ? 0 : a.length < b.length ? -1 : 1;
    return difference(a, b, "weight") || byLength || difference(a, b, "marks") || difference(a, b, "form");
  };
}
