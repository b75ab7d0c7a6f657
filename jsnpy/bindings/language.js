// What the engine's own objects do differently from what authors know: the words of JSON.parse.
(function (host) {
  "use strict";
  const {
    JSONParse, JSONStringify, ObjectDefineProperty, ReflectApply, String, StringPrototypeSlice, SyntaxError,
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
})
