// A lint rule: in the engine's paths time, randomness, ids and the network come through seams (packages/core/src/seams), never
// from the globals of the machine. Without it no simulation is exact, and a lease could hang on a clock that somebody set.

const GLOBALS = new Set(["setTimeout", "setInterval", "setImmediate", "performance", "fetch"]);
const MEMBERS = {
  Date: ["now"],
  Math: ["random"],
  AbortSignal: ["timeout"],
  crypto: ["randomUUID", "getRandomValues", "randomBytes"],
  process: ["hrtime", "uptime"],
};
const MODULES = {
  timers: "all",
  "timers/promises": "all",
  perf_hooks: "all",
  crypto: ["randomUUID", "randomBytes", "randomInt", "randomFill", "webcrypto", "getRandomValues"],
  uuid: "all",
};

const say = (what) =>
  `${what} is not for the engine's code: take time, randomness, ids and the network from the seams that are handed in (CONTRIBUTING.md, "Time and randomness").`;

/** The name of a property, also where it is written as a string. */
function propertyOf(node) {
  if (!node.computed) return node.property.name;
  return node.property.type === "Literal" ? node.property.value : undefined;
}

/** Whether the name means the global: nothing in this file declares it. */
function isGlobal(context, node) {
  for (let scope = context.sourceCode.getScope(node); scope !== null; scope = scope.upper) {
    const variable = scope.set.get(node.name);
    if (variable !== undefined) return variable.defs.length === 0;
  }
  return true;
}

/** `Date` of `Date.now` and of `globalThis.Date.now`. */
function globalOf(context, node) {
  if (node.type === "Identifier") return isGlobal(context, node) ? node.name : undefined;
  if (node.type === "MemberExpression" && globalOf(context, node.object) === "globalThis") {
    return propertyOf(node);
  }
  return undefined;
}

const injected = {
  create(context) {
    const report = (node, what) => context.report({ node, message: say(what) });
    const refuseImport = (node, source, specifiers) => {
      const name = source.replace(/^node:/, "");
      const banned = MODULES[name];
      if (banned === undefined) return;
      if (banned === "all") return report(node, `"${source}"`);
      for (const specifier of specifiers) {
        const imported = specifier.imported?.name ?? specifier.imported?.value;
        if (imported === undefined) report(specifier, `all of "${source}"`);
        else if (banned.includes(imported)) report(specifier, `${imported} of "${source}"`);
      }
      return undefined;
    };
    return {
      ImportDeclaration(node) {
        if (node.importKind !== "type") refuseImport(node, node.source.value, node.specifiers);
      },
      ImportExpression(node) {
        if (node.source.type === "Literal") refuseImport(node, node.source.value, [node]);
      },
      NewExpression(node) {
        if (node.arguments.length === 0 && globalOf(context, node.callee) === "Date") {
          report(node, "new Date() without arguments");
        }
      },
      CallExpression(node) {
        if (globalOf(context, node.callee) === "Date") report(node, "Date()");
      },
      MemberExpression(node) {
        const owner = globalOf(context, node.object);
        const name = propertyOf(node);
        if (owner === "globalThis" && GLOBALS.has(name)) report(node, name);
        else if (
          owner !== undefined &&
          Object.hasOwn(MEMBERS, owner) &&
          MEMBERS[owner].includes(name)
        )
          report(node, `${owner}.${name}`);
      },
      VariableDeclarator(node) {
        if (node.id.type !== "ObjectPattern" || node.init === null) return;
        const owner = globalOf(context, node.init);
        for (const property of node.id.properties) {
          const name = property.key?.name;
          const members = owner === "globalThis" ? [...GLOBALS] : (MEMBERS[owner] ?? []);
          if (members.includes(name)) report(property, `${owner}.${name}`);
        }
      },
      Identifier(node) {
        if (!GLOBALS.has(node.name) || !isReference(node)) return;
        if (isGlobal(context, node)) report(node, node.name);
      },
    };
  },
};

/** Neither the name of a property or type, nor a declaration. */
function isReference(node) {
  const { parent } = node;
  switch (parent.type) {
    case "MemberExpression":
      return parent.object === node || parent.computed;
    case "Property":
      return parent.value === node && parent.parent.type === "ObjectExpression";
    case "TSPropertySignature":
    case "TSMethodSignature":
    case "MethodDefinition":
    case "PropertyDefinition":
    case "TSAbstractMethodDefinition":
      return parent.key !== node || parent.computed;
    case "ImportSpecifier":
    case "ExportSpecifier":
      return false;
    default:
      return true;
  }
}

export default { meta: { name: "nofx" }, rules: { "injected-seams": injected } };
