import type { Attempt } from "./attempt.js";
import { EVERY } from "./mode.js";
import type { Place } from "./place.js";

// One path means one thing to file calls and to commands.

interface Way {
  how: string;
  act(place: Place, file: string): Promise<string>;
  gives: string;
}

const WAYS: Way[] = [
  {
    how: "written by a file call is read by a command",
    act: async ({ box }, file) => {
      const { status, text } = await box.upload(file, "by the API");
      return status === 200 ? box.run(`cat ${file}; rm ${file}`) : `upload: ${status} ${text}`;
    },
    gives: "by the API",
  },
  {
    how: "written by a command is read by a file call",
    act: async ({ box }, file) => {
      const said = await box.run(`echo by a command > ${file}`);
      const { status, text } = await box.download(file);
      await box.run(`rm -f ${file}`);
      return said || (status === 200 ? text.trim() : `download: ${status} ${text}`);
    },
    gives: "by a command",
  },
  {
    how: "written by a file call is listed, found and run",
    act: async ({ box }, file) => {
      const folder = file.slice(0, file.lastIndexOf("/"));
      await box.upload(file, "print('ran')");
      const listed = (await box.call("GET", "files", { query: { path: folder } })).text.includes(file.slice(folder.length + 1));
      const said = await box.run(
        `ls ${folder} | grep -c ${file.slice(folder.length + 1)}; grep -c ran ${file}; python3 ${file}; rm -f ${file}`,
      );
      return `listed: ${listed}, ${said.replaceAll("\n", " ")}`;
    },
    gives: "listed: true, 1 1 ran",
  },
];

const FILES = ["/home/daytona/attempt-path.py", "/tmp/attempt-path.py", "/var/tmp/attempt-path.py"];

export const paths: Attempt[] = [
  ...FILES.flatMap((file) =>
    WAYS.map(({ how, act, gives }) => ({
      name: `${file} ${how}`,
      modes: EVERY,
      act: (place: Place) => act(place, file),
      gives,
    })),
  ),
  {
    name: "a relative path is below the working directory of commands",
    modes: EVERY,
    act: async ({ box }) => {
      await box.upload("relative.txt", "by the API");
      return box.run("cat relative.txt; rm relative.txt");
    },
    gives: "by the API",
  },
  {
    name: "the working directory is the home that the API names",
    modes: EVERY,
    act: async ({ box }) => {
      const { text } = await box.call("GET", "work-dir");
      return `${(JSON.parse(text) as { dir: string }).dir} ${await box.run('echo "$PWD" ~')}`;
    },
    gives: "/home/daytona /home/daytona /home/daytona",
  },
];
