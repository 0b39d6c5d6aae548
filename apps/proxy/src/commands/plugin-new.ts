import { relative, resolve } from "node:path"

import { Console, Effect, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"

import { pluginLanguages } from "../plugin-new/kit-folder.ts"

/** `cliproxy plugin new`: writes a small plugin that builds and passes `cliproxy plugin check`. */
export const pluginNewCommand = Command.make(
  "new",
  {
    name: Argument.String("name").pipe(Argument.withDescription("Name of the plugin, also its ID: my-plugin")),
    lang: Flag.Literals("lang", pluginLanguages).pipe(Flag.withDescription("Language of the plugin")),
    dir: Flag.String("dir").pipe(
      Flag.withDescription("Folder to write to; one with the plugin's name when missing"),
      Flag.optional
    )
  },
  Effect.fnUntraced(function* ({ name, lang, dir }) {
    const { writePlugin } = yield* Effect.promise(() => import("../plugin-new/write-plugin.ts"))
    const folder = resolve(Option.getOrElse(dir, () => name))
    const files = yield* writePlugin(name, lang, folder)
    const shown = relative(process.cwd(), folder) || "."
    for (const file of files) yield* Console.log(`wrote ${shown}/${file}`)
    yield* Console.log(`Begin with ${shown}/README.md: it says how to build, check and use the plugin.`)
  })
).pipe(Command.withDescription("Write a small plugin to begin with"))
