/** What goes wrong when: drawn from a seed before anything begins, so that a failing schedule can be run again. */
import { type Failpoint, failpoints } from "#lib/failpoint.ts";
import { type HttpTrouble, httpTroubles } from "./http-proxy.ts";
import { type Flaw, flaws } from "./pictures.ts";
import { Random } from "./random.ts";
import type { Trouble } from "./trouble.ts";

type Process = "web" | "worker-1" | "worker-2" | "store";
type Wire = "web" | "worker-1" | "worker-2";

export type Fault = { at: number } & (
  | { kind: "kill"; who: Process | "database"; forMs: number }
  | { kind: "terminate"; who: Process | "database"; forMs: number }
  | { kind: "pause"; who: Process | "database"; forMs: number }
  | {
      kind: "failpoint";
      who: "worker-1" | "worker-2" | "web";
      place: Failpoint;
      deed: "kill" | "stop";
      time: number;
      forMs: number;
    }
  | { kind: "cut"; who: Wire; forMs: number }
  | { kind: "freeze"; who: Wire; forMs: number }
  | { kind: "slow"; who: Wire; ms: number; forMs: number }
  | { kind: "bite"; who: Wire; bytes: number; forMs: number }
  | { kind: "door"; who: "web" | "worker" | "browsers"; trouble: HttpTrouble; chance: number; forMs: number }
  | { kind: "clock"; who: Process; ms: number; forMs: number }
  | { kind: "disk"; point: Exclude<Trouble["disk"], "">; forMs: number }
  /** Housekeeping, in both workers at once. */
  | { kind: "housekeeping"; jobs: ("sweep" | "purge" | "sweep_incoming")[] }
  /** Renditions of everything that is shown are made anew. */
  | { kind: "derive" }
);

export type Visit = {
  person: number;
  at: number;
  what: "picture" | "large" | "video" | "live";
  flaw: Flaw;
  /** In two tabs at once. */
  twice: boolean;
  /** How long after the first file of a Live Photo the second comes. */
  apartMs: number;
  /** Through a link of that person's, by somebody without an account. */
  guest: boolean;
};
/** A command of who runs the site, in the middle of everything; an import may be killed, and is then said again. */
export type Errand =
  | { at: number; what: "backup" | "reconcile" }
  | { at: number; what: "import"; person: number; files: Flaw[]; killAfterMs: number | undefined };
/** What people do to several pictures at once. */
export type Deed = { at: number; person: number; waitMs: number } & (
  | {
      kind: "trash";
      many: number;
      /** How they are taken back, if they are. */
      how: "undo" | "page" | "both" | "empty" | "emptyAndUndo" | "leave";
      /** So long before, both workers look for what is due. */
      purgeMs: number | undefined;
      /** The same picture is sent once more meanwhile. */
      again: boolean;
    }
  /** What guests sent is looked at, in one tab or in two. */
  | { kind: "decide"; acts: ("approve" | "reject")[] }
  /** An album with so many pictures and a link to it. */
  | { kind: "album"; many: number; deletes: boolean; bringsBack: boolean }
  /** A link for a guest who sends so many, removed meanwhile. */
  | { kind: "link"; many: number }
);
/** For so long all tries of what is verified are used up; later it is tried again so often. */
export type GivingUp = { at: number; forMs: number; tries: number };
export type Schedule = {
  seed: number;
  /** How files travel that do not travel in parts. */
  transport: "post" | "put";
  lengthMs: number;
  faults: Fault[];
  visits: Visit[];
  /** When each person changes one of their pictures. */
  changes: { person: number; at: number }[];
  /** When each person changes several of theirs at once. */
  edits: { person: number; at: number }[];
  errands: Errand[];
  deeds: Deed[];
  givingUp: GivingUp | undefined;
  /** `tintype reconcile --apply` while everything is swept, days later. */
  reconcileAfter: boolean;
};

export const peopleCount = 3;
const processes = ["web", "worker-1", "worker-2", "store"] as const;
const wires = ["web", "worker-1", "worker-2"] as const;
const workerPlaces = failpoints.filter((name) => !/^(reserve|complete)\./.test(name));
const webPlaces = failpoints.filter((name) => /^(reserve|complete)\./.test(name));

function fault(random: Random, lengthMs: number): Fault {
  const at = random.int(0, lengthMs);
  const forMs = random.int(100, 3_000);
  const kind = random.pick([
    "kill",
    "kill",
    "kill",
    "terminate",
    "pause",
    "pause",
    "failpoint",
    "failpoint",
    "failpoint",
    "cut",
    "freeze",
    "slow",
    "bite",
    "door",
    "door",
    "door",
    "clock",
    "disk",
    "housekeeping",
    "housekeeping",
    "housekeeping",
    "derive",
  ] as const);
  switch (kind) {
    case "kill":
    case "pause":
      return { at, kind, who: random.pick([...processes, "worker-1", "database"] as const), forMs };
    case "terminate":
      return { at, kind, who: random.pick(processes), forMs };
    case "failpoint": {
      const who = random.pick(["worker-1", "worker-2", "web"] as const);
      const place = random.pick(who === "web" ? webPlaces : workerPlaces);
      return {
        at,
        kind,
        who,
        place,
        deed: random.pick(["kill", "kill", "stop"]),
        time: random.int(1, 3),
        forMs,
      };
    }
    case "cut":
    case "freeze":
      return { at, kind, who: random.pick(wires), forMs };
    case "slow":
      return { at, kind, who: random.pick(wires), ms: random.int(10, 300), forMs };
    case "bite":
      return { at, kind, who: random.pick(wires), bytes: random.int(0, 5_000), forMs };
    case "door":
      return {
        at,
        kind,
        who: random.pick(["web", "worker", "worker", "browsers"]),
        trouble: random.pick(httpTroubles),
        chance: random.pick([0.1, 0.3, 0.7, 1]),
        forMs,
      };
    case "clock": {
      const ms = random.pick([30, 300, 1_200, 7_200]) * 1_000 * random.pick([-1, 1]);
      return { at, kind, who: random.pick(processes), ms, forMs: forMs * 2 };
    }
    case "disk":
      return { at, kind, point: random.pick(["write", "sync", "rename"]), forMs };
    case "housekeeping":
      return {
        at,
        kind,
        jobs: random.pick([
          ["sweep", "sweep"],
          ["purge", "purge"],
          ["sweep", "purge", "purge", "sweep_incoming", "sweep_incoming"],
        ] as const),
      } as Fault;
    case "derive":
      return { at, kind };
  }
}

function errand(random: Random, lengthMs: number): Errand {
  const at = random.int(0, lengthMs);
  const what = random.pick(["import", "import", "backup", "reconcile"] as const);
  if (what !== "import") return { at, what };
  const person = random.int(0, peopleCount - 1);
  const files = Array.from({ length: random.int(1, 5) }, () =>
    random.chance(0.8) ? ("none" as const) : random.pick(["truncated", "no-picture"] as const),
  );
  return { at, what, person, files, killAfterMs: random.chance(0.5) ? random.int(700, 4_000) : undefined };
}

function trashing(random: Random, lengthMs: number): Deed {
  return {
    kind: "trash",
    ...{ at: random.int(1_000, lengthMs + 2_500), person: random.int(0, peopleCount - 1) },
    many: random.int(1, 6),
    // The trash holds for one second.
    waitMs: random.pick([0, random.int(0, 900), random.int(1_000, 1_600), random.int(1_000, 4_000)]),
    how: random.pick(["undo", "undo", "page", "page", "both", "empty", "emptyAndUndo", "leave"]),
    purgeMs: random.chance(0.7) ? random.int(0, 600) : undefined,
    again: random.chance(0.25),
  };
}

/** Some seconds after a guest has sent something. */
function deciding(random: Random, { person, at }: Visit): Deed[] {
  if (random.chance(0.3)) return [];
  const acts = random.pick([
    ["approve"],
    ["approve"],
    ["reject"],
    ["approve", "reject"],
    ["approve", "approve"],
  ] as const);
  return [
    {
      kind: "decide",
      acts: [...acts],
      person,
      at: at + random.int(1_500, 7_000),
      waitMs: random.int(0, 800),
    },
  ];
}

/** Albums and links that are made to be removed. */
function passing(random: Random, lengthMs: number): Deed[] {
  const [albums, links] = [random.pick([0, 0, 1, 2]), random.pick([0, 0, 0, 1])];
  const when = (): { at: number; person: number; waitMs: number } => ({
    ...{ at: random.int(500, lengthMs), person: random.int(0, peopleCount - 1) },
    waitMs: random.int(0, 3_000),
  });
  return [
    ...Array.from({ length: albums }, (): Deed => {
      const [many, deletes, bringsBack] = [random.int(1, 8), random.chance(0.8), random.chance(0.5)];
      return { kind: "album", ...when(), many, deletes, bringsBack };
    }),
    ...Array.from({ length: links }, (): Deed => ({ kind: "link", ...when(), many: random.int(1, 3) })),
  ];
}

/** The same seed, the same schedule. */
export function draw(seed: number): Schedule {
  const random = new Random(seed);
  const lengthMs = random.int(3_000, 8_000);
  const faults = Array.from({ length: random.int(2, 7) }, () => fault(random, lengthMs)).sort(
    (a, b) => a.at - b.at,
  );
  const pictures = Array.from({ length: random.int(5, 14) }, () => ({
    person: random.int(0, peopleCount - 1),
    at: random.int(0, lengthMs),
    flaw: random.chance(0.8) ? ("none" as const) : random.pick(flaws),
    twice: random.chance(0.15),
    what: random.chance(0.08) ? ("large" as const) : ("picture" as const),
  }));
  const changes = Array.from({ length: random.int(0, 8) }, () => ({
    person: random.int(0, peopleCount - 1),
    at: random.int(0, lengthMs + 2_000),
  }));
  // Drawn last, so that what older seeds were drawn for happens in them still.
  const transport = random.chance(0.3) ? "put" : "post";
  const moving = pictures.map((visit) => {
    const what = random.pick(["video", "live", ...Array<"">(8).fill("")] as const) || visit.what;
    return { ...visit, what, apartMs: random.int(0, 2_000) };
  });
  const visits = moving.map((visit): Visit => ({ ...visit, guest: random.chance(0.12) }));
  const edits = Array.from({ length: random.int(0, 5) }, () => ({
    person: random.int(0, peopleCount - 1),
    at: random.int(0, lengthMs + 2_000),
  }));
  const errands = Array.from({ length: random.pick([0, 0, 1] as const) }, () => errand(random, lengthMs));
  const reconcileAfter = random.chance(0.2);
  if (random.chance(0.1))
    faults.push({
      ...{ kind: "terminate", who: "database" },
      ...{ at: random.int(0, lengthMs), forMs: random.int(100, 2_000) },
    });
  const deeds = [
    ...Array.from({ length: random.int(0, 5) }, () => trashing(random, lengthMs)),
    ...visits.filter(({ guest }) => guest).flatMap((visit) => deciding(random, visit)),
  ];
  deeds.push(...passing(random, lengthMs));
  const givingUp = random.chance(0.25)
    ? { at: random.int(500, lengthMs), forMs: random.int(300, 2_500), tries: random.int(1, 3) }
    : undefined;
  const acts = { changes, edits, errands, deeds, givingUp, reconcileAfter };
  return { seed, transport, lengthMs, faults, visits, ...acts };
}
