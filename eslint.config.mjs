import js from "@eslint/js";
import globals from "globals";

export default [
  { ignores: ["_build/", "build/", "vendor/", ".venv/"] },
  js.configs.recommended,
  { rules: { "one-var": ["error", "never"], "prefer-const": "error" } },
  { files: ["figures/**/*.js"], languageOptions: { globals: globals.browser } },
  { files: ["site/**/*.js"], languageOptions: { sourceType: "script", globals: globals.browser } },
  { files: ["site/book_site/katex_lines.js"], languageOptions: { globals: globals.node } },
  { files: ["**/*.mjs"], languageOptions: { globals: globals.node } },
];
