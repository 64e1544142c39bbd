import path from "node:path";
import ts from "typescript";
import { root } from "./server.js";

/** A method of a class that programs get, as the declarations of the package have it. */
export interface PublicMethod {
  /** Class and method; `[Symbol.asyncDispose]` and the like for symbols. */
  name: string;
  /** The name of the type that it returns, without the promise. */
  returns: string;
  isAsync: boolean;
  /** Whether it takes functions that it calls, or a signal for a stream that lives on. */
  takesCallbacks: boolean;
}

const MODULES = ["index.d.cts", "sdk.d.cts", "local.d.cts"];
const ASYNC = ["Promise", "AsyncIterableIterator", "AsyncGenerator", "AsyncIterable", "AsyncIterator"];

/**
 * The methods of all classes that the modules export, and of those whose objects programs get from them. Methods that begin
 * with `open` are between the facade and the addon.
 */
export function publicMethods(): PublicMethod[] {
  const files = MODULES.map((file) => path.join(root, file));
  const options = {
    module: ts.ModuleKind.Node16,
    moduleResolution: ts.ModuleResolutionKind.Node16,
    target: ts.ScriptTarget.ES2022,
    strict: true,
  };
  const program = ts.createProgram(files, {
    ...options,
    lib: ["lib.es2022.d.ts", "lib.esnext.disposable.d.ts"],
    types: ["node"],
    noEmit: true,
  });
  const checker = program.getTypeChecker();
  const seen = new Map<string, PublicMethod>();
  const classes = new Set<ts.Symbol>();

  const visitClass = (symbol: ts.Symbol): void => {
    if (classes.has(symbol)) return;
    classes.add(symbol);
    const declared = symbol.valueDeclaration;
    if (declared === undefined) return;
    const statics = checker.getTypeOfSymbolAtLocation(symbol, declared).getProperties();
    for (const member of [...checker.getDeclaredTypeOfSymbol(symbol).getProperties(), ...statics])
      visitMember(symbol.name, member, declared);
  };
  const visitMember = (Class: string, member: ts.Symbol, location: ts.Node): void => {
    const type = checker.getTypeOfSymbolAtLocation(member, location);
    const signatures = type.getCallSignatures();
    if (signatures.length === 0) visitType(type);
    for (const signature of signatures) {
      const returned = signature.getReturnType();
      const awaited = checker.getAwaitedType(returned) ?? returned;
      for (const part of [awaited, ...checker.getTypeArguments(awaited as ts.TypeReference)]) visitType(part);
      const method = `${Class}.${nameOf(member)}`;
      if (member.name.startsWith("open")) continue;
      const { isAsync = false, takesCallbacks = false } = seen.get(method) ?? {};
      seen.set(method, {
        name: method,
        returns: awaited.symbol?.name ?? "",
        isAsync: isAsync || ASYNC.includes(returned.symbol?.name ?? ""),
        takesCallbacks: takesCallbacks || signature.getParameters().some((parameter) => hasCallbacks(parameter)),
      });
    }
  };
  const visitType = (type: ts.Type): void => {
    const [declared] = type.symbol?.declarations ?? [];
    const isOurs = declared !== undefined && files.includes(declared.getSourceFile().fileName);
    if (isOurs && ts.isClassDeclaration(declared)) visitClass(type.symbol);
  };
  const hasCallbacks = (parameter: ts.Symbol): boolean => {
    const declared = parameter.valueDeclaration;
    if (declared === undefined) return false;
    const type = checker.getNonNullableType(checker.getTypeOfSymbolAtLocation(parameter, declared));
    const parts = type.isUnion() ? type.types : [type];
    return parts.some(
      (part) => part.getCallSignatures().length > 0 || part.getProperties().some((property) => /^on[A-Z]/.test(property.name)),
    );
  };

  for (const file of files) {
    const module = checker.getSymbolAtLocation(program.getSourceFile(file) as ts.SourceFile);
    for (const exported of module === undefined ? [] : checker.getExportsOfModule(module)) {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      if (symbol.flags & ts.SymbolFlags.Class) visitClass(symbol);
    }
  }
  return [...seen.values()];
}

/** The name of a member; the compiler names symbols `__@asyncDispose@123`. */
function nameOf({ name }: ts.Symbol): string {
  const [, symbol] = /^__@(\w+)@\d+$/.exec(name) ?? [];
  return symbol === undefined ? name : `[Symbol.${symbol}]`;
}
