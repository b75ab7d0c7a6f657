// What the engine's own objects do differently from what authors know: the words of JSON.parse, dates and numbers as
// text, the order of texts.
function bindLanguage(host) {
  "use strict";
  const {
    ArrayPrototype, BigIntPrototype, DatePrototype, JSONParse, JSONStringify, NumberPrototype, ObjectDefineProperty,
    RangeError, ReflectApply, RegExpPrototypeExec, String, StringPrototype, StringPrototypeIndexOf,
    StringPrototypeSlice, StringPrototypeToLowerCase, SyntaxError, TypeError,
  } = host.primordials;
  const shown = 20;

  // Gives an object's method another body; it keeps its name, and no loop over the object finds it.
  function replace(owner, methods) {
    for (const name in methods) {
      ObjectDefineProperty(owner, name, {
        __proto__: null, value: methods[name], writable: true, enumerable: false, configurable: true,
      });
    }
  }

  function isJson(text) {
    try {
      JSONParse(text);
      return true;
    } catch {
      return false; // and so the error was the text's, not one of the script's reviver
    }
  }

  replace(JSON, {
    __proto__: null,
    parse(text, reviver) {
      if (typeof text !== "string") text = `${text}`;
      try {
        return ReflectApply(JSONParse, JSON, arguments.length > 1 ? [text, reviver] : [text]);
      } catch (error) {
        if (error instanceof SyntaxError && !isJson(text)) {
          const start = StringPrototypeSlice(text, 0, shown);
          const excerpt = JSONStringify(start) + (text.length > shown ? "..." : "");
          error.message = `${StringPrototypeSlice(String(error.message), 0, 100)}, ${excerpt} is not valid JSON`;
        }
        throw error;
      }
    },
  });

  let texts;

  function loadedTexts() {
    if (texts === undefined) texts = host.load("bindings/language/texts")(host);
    return texts;
  }

  replace(DatePrototype, {
    __proto__: null,
    toLocaleString(locales = undefined, options = undefined) {
      return loadedTexts().ofDate(this, locales, options, "any");
    },
    toLocaleDateString(locales = undefined, options = undefined) {
      return loadedTexts().ofDate(this, locales, options, "date");
    },
    toLocaleTimeString(locales = undefined, options = undefined) {
      return loadedTexts().ofDate(this, locales, options, "time");
    },
  });

  replace(NumberPrototype, {
    __proto__: null,
    toLocaleString(locales = undefined, options = undefined) {
      return loadedTexts().ofNumber(this, locales, options);
    },
  });

  replace(BigIntPrototype, {
    __proto__: null,
    toLocaleString(locales = undefined, options = undefined) {
      return loadedTexts().ofBigInt(this, locales, options);
    },
  });

  replace(ArrayPrototype, {
    __proto__: null,
    toLocaleString(locales = undefined, options = undefined) {
      let text = "";
      for (let i = 0; i < this.length; i++) {
        const item = this[i];
        if (i > 0) text += ",";
        if (item !== undefined && item !== null) text += item.toLocaleString(locales, options);
      }
      return text;
    },
  });

  let asked;
  let known = "";

  // The language of a locale or of the first in a list, "" for the usual one.
  function languageOf(locales) {
    if (locales === null) throw new TypeError("Cannot convert undefined or null to object");
    const tag = typeof locales === "string" || locales === undefined ? locales : locales[0];
    if (tag === undefined || tag === asked) return tag === undefined ? "" : known;
    const found = RegExpPrototypeExec(/^([A-Za-z]{2,8})(?:-[A-Za-z0-9]{1,8})*$/, `${tag}`);
    if (found === null) throw new RangeError("Incorrect locale information provided");
    asked = tag;
    return (known = StringPrototypeToLowerCase(found[1]));
  }

  // Languages with an order of their own that language/order.js does not know.
  const unlike = " af az cy eo fo ha ig ja mt sq uz vi zh ";
  let compare;
  let casing;

  // A text in capital or small letters; `inLanguage` is what a language does to it before.
  function cased(text, locales, method, inLanguage) {
    const language = languageOf(locales);
    if (language === "tr" || language === "az" || language === "lt") {
      if (casing === undefined) casing = host.load("bindings/language/casing")(host);
      text = casing[language][inLanguage](text);
    }
    return ReflectApply(method, text, []);
  }

  const { toUpperCase, toLowerCase } = StringPrototype;

  function insist(text, name) {
    if (text !== undefined && text !== null) return;
    throw new TypeError(`String.prototype.${name} called on null or undefined`);
  }

  replace(StringPrototype, {
    __proto__: null,
    localeCompare(that, locales = undefined, options = undefined) {
      insist(this, "localeCompare");
      const language = languageOf(locales);
      if (options !== undefined || StringPrototypeIndexOf(unlike, ` ${language} `) !== -1) {
        host.call("locale_order", options === undefined ? language : "");
      }
      const one = `${this}`;
      const other = `${that}`;
      if (one === other) return 0;
      if (compare === undefined) compare = host.load("bindings/language/order")(host);
      return compare(one, other, language);
    },
    toLocaleUpperCase(locales = undefined) {
      insist(this, "toLocaleUpperCase");
      return cased(`${this}`, locales, toUpperCase, "upper");
    },
    toLocaleLowerCase(locales = undefined) {
      insist(this, "toLocaleLowerCase");
      return cased(`${this}`, locales, toLowerCase, "lower");
    },
  });
}
