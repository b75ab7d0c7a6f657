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
    "ß": "ss", "æ": "a\u0338e", "œ": "o\u0338e", "ø": "o\u0338", "đ": "d\u0338", "ł": "l\u0338", "ħ": "h\u0338",
    "ı": "i\u0338",
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

  // A language's letters of its own, and after which one they come: `<` another letter, `=` a variant of the last one.
  const northern = "d=đ=ð y=ü=ű þ<æ=ä<ø=ö=ő<å=aa";
  const southern = "c<č<ć d<dž<đ l<lj n<nj s<š z<ž";
  const rulesOf = {
    __proto__: null,
    bs: southern, cs: "c<č h<ch r<ř s<š z<ž", da: northern, es: "n<ñ",
    et: "s<š<z<ž w<õ<ä<ö<ü", fi: "d=đ n=ŋ t=ŧ y=ü z=ž þ<å<ä=æ<ö=ø", gl: "n<ñ", hr: southern,
    hu: "c<cs d<dz<dzs g<gy l<ly n<ny o<ö=ő s<sz t<ty u<ü=ű z<zs",
    is: "a<á d=đ<ð e<é i<í o<ó u<ú y<ý z<þ<æ=ä<ö=ø<å", lt: "c<č i=y s<š z<ž",
    lv: "c<č g<ģ i<y k<ķ l<ļ n<ņ r<ŗ s<š z<ž", nb: northern, nn: northern, no: northern,
    pl: "a<ą c<ć e<ę l<ł n<ń o<ó s<ś z<ź<ż", ro: "a<ă<â i<î s<ș=ş t<ț=ţ", sk: "a<ä c<č h<ch o<ô r<ř s<š z<ž",
    sl: "c<č<ć d<đ s<š z<ž", sv: "d=đ=ð y=ü=ű þ<å<ä=æ=ę<ö=ø=ő=œ=ô",
    tr: "c<ç g<ğ h<ı=I o<ö s<ş u<ü",
  };
  const made = { __proto__: null };

  // The letters of a language by themselves, undefined where it has none.
  function lettersOfItsOwn(language) {
    const rules = rulesOf[language];
    if (rules === undefined || made[language] !== undefined) return made[language];
    const own = { __proto__: null };
    let weight = -1;
    let variant = 0;
    for (let i = 0, sign = " "; i < rules.length; ) {
      let end = i;
      while (end < rules.length && StringPrototypeIndexOf(" <=", rules[end]) === -1) end++;
      const letter = StringPrototypeSlice(rules, i, end);
      variant = sign === "=" ? variant + 1 : 0;
      weight = sign === " " ? weightOf(letter) : sign === "<" ? weight + 0.01 : weight;
      if (sign !== " ") own[letter] = { __proto__: null, weight, marks: variant === 0 ? "" : `~${variant}` };
      sign = rules[end];
      i = end + 1;
    }
    return (made[language] = own);
  }

  // A text's letters, each with its marks and whether it is a capital one.
  function lettersOf(text, own) {
    const letters = { __proto__: null, length: 0 };
    if (own === undefined) {
      take(StringPrototypeNormalize(text, "NFKD"), own, letters);
      return letters;
    }
    text = StringPrototypeNormalize(text, "NFC");
    for (let i = 0; i < text.length; ) {
      let part = ownAt(text, i, own);
      if (part === "") {
        part = StringPrototypeSlice(text, i, i + (StringPrototypeCodePointAt(text, i) > 0xffff ? 2 : 1));
        take(StringPrototypeNormalize(part, "NFKD"), own, letters);
      } else {
        const small = StringPrototypeToLowerCase(part);
        const { weight, marks } = own[part] || own[small];
        letters[letters.length++] = { __proto__: null, weight, marks, form: part === small ? 0 : 2 };
      }
      i += part.length;
    }
    return letters;
  }

  // The longest of a language's own letters at a place of a text, "" where there is none. Aa and AA are Danish ones as
  // aa is, but not aA.
  function ownAt(text, i, own) {
    for (let length = 3; length > 0; length--) {
      const part = StringPrototypeSlice(text, i, i + length);
      const small = StringPrototypeToLowerCase(part);
      if (own[part] !== undefined || (part[0] !== small[0] && own[small] !== undefined)) return part;
    }
    return "";
  }

  // Adds the letters of a text whose marks are apart. Those of a language's own are met without their marks here.
  function take(text, own, letters) {
    for (let i = 0; i < text.length; ) {
      const char = StringPrototypeSlice(text, i, i + (StringPrototypeCodePointAt(text, i) > 0xffff ? 2 : 1));
      i += char.length;
      const small = StringPrototypeToLowerCase(char);
      const apart = takenApart[small] || small;
      for (let j = 0; j < apart.length; ) {
        const one = StringPrototypeSlice(apart, j, j + (StringPrototypeCodePointAt(apart, j) > 0xffff ? 2 : 1));
        j += one.length;
        const mine = own === undefined ? undefined : own[one];
        const weight = mine === undefined ? weightOf(one) : mine.weight;
        const last = letters[letters.length - 1];
        if (weight > 0) {
          const marks = mine === undefined ? "" : mine.marks;
          const form = (small !== char) * 2 + (apart !== small);
          letters[letters.length++] = { __proto__: null, weight, marks, form };
        } else if (weight < 0 && last !== undefined) last.marks += mark(weight);
      }
    }
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

  let remembered = { __proto__: null, language: "", count: 0, letters: new Map() };

  // The letters of a text, which a sort asks for again and again.
  function lettersIn(text, language) {
    if (text.length > 100) return lettersOf(text, lettersOfItsOwn(language));
    if (remembered.language !== language || remembered.count > 10000) {
      remembered = { __proto__: null, language, count: 0, letters: new Map() };
    }
    let letters = MapPrototypeGet(remembered.letters, text);
    if (letters === undefined) {
      letters = lettersOf(text, lettersOfItsOwn(language));
      MapPrototypeSet(remembered.letters, text, letters);
      remembered.count++;
    }
    return letters;
  }

  return function compare(one, other, language) {
    const a = lettersIn(one, language);
    const b = lettersIn(other, language);
    const byLength = a.length === b.length ? 0 : a.length < b.length ? -1 : 1;
    const byForm = language === "da" ? -difference(a, b, "form") : difference(a, b, "form");
    return difference(a, b, "weight") || byLength || difference(a, b, "marks") || byForm;
  };
}
