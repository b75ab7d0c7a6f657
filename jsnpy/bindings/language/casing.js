// Capital and small letters of Turkish, Azerbaijani and Lithuanian. Loaded by language.js when they are asked for.
function makeCasing(host) {
  "use strict";
  const {
    RegExpPrototypeExec, StringPrototypeIndexOf, StringPrototypeNormalize, StringPrototypeSlice,
  } = host.primordials;
  const dot = "\u0307";

  // Makes of each letter what another function says of it, of the next and of the last one.
  function each(text, other) {
    let made = "";
    for (let i = 0; i < text.length; i++) made += other(text[i], text[i + 1], text[i - 1]);
    return made;
  }

  const turkish = {
    __proto__: null,
    upper: (text) => each(text, (char) => (char === "i" ? "İ" : char)),
    lower: (text) => each(text, (char, next, last) => {
      if (char === "I") return next === dot ? "i" : "ı";
      return char === "İ" ? "i" : char === dot && last === "I" ? "" : char;
    }),
  };

  // The dot of a small letter stays under an accent, and a capital letter has none.
  const above = /^[\u0300-\u0314\u033d-\u0344]$/;
  const lithuanian = {
    __proto__: null,
    upper: (text) => each(text, (char, _, last) => {
      return char === dot && StringPrototypeIndexOf("ijį", last) !== -1 ? "" : char;
    }),
    lower: (text) => each(text, (char, next) => {
      const apart = StringPrototypeIndexOf("ÌÍĨ", char) === -1 ? char : StringPrototypeNormalize(char, "NFD");
      const accented = apart.length > 1 || (next !== undefined && RegExpPrototypeExec(above, next) !== null);
      const hasDot = accented && StringPrototypeIndexOf("IJĮ", apart[0]) !== -1;
      return hasDot ? apart[0] + dot + StringPrototypeSlice(apart, 1) : apart;
    }),
  };

  return { __proto__: null, tr: turkish, az: turkish, lt: lithuanian };
}
