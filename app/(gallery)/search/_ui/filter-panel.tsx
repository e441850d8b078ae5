import { SlidersHorizontal } from "lucide-react";
import { Button } from "#app/_ui/button.tsx";
import { Field, SelectField } from "#app/_ui/field.tsx";
import { filterCount, type Panel, panelOf, panelTypes, sizesShown } from "#lib/search/panel.ts";
import { type Clause, writeQuery } from "#lib/search/query.ts";
import { colorNames, swatches } from "#lib/search/values.ts";
import { words } from "#lib/words.ts";

const w = words("search");

type Option = { value: string; label: string };
const any = (): Option => ({ value: "", label: w("any") });

const typeLabel = (type: (typeof panelTypes)[number]): string => {
  if (type === "picture") return w("typePicture");
  if (type === "video") return w("typeVideo");
  return type === "live" ? w("typeLive") : type.toUpperCase();
};

function Swatches({ chosen }: { chosen: string }) {
  return (
    <fieldset className="sm:col-span-2 lg:col-span-4">
      <legend className="mb-1.5 text-sm font-medium">{w("color")}</legend>
      <div className="flex flex-wrap gap-2">
        {(["", ...swatches] as const).map((name) => (
          <label
            key={name}
            className="relative inline-flex min-h-9 cursor-pointer items-center gap-2 rounded-full border border-line bg-surface px-3 text-sm has-checked:border-accent has-checked:ring-2 has-checked:ring-accent has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-focus pointer-coarse:min-h-10"
          >
            <input
              type="radio"
              name="color"
              value={name}
              defaultChecked={name === chosen}
              className="absolute inset-0 cursor-pointer opacity-0"
            />
            {name === "" ? null : (
              <svg aria-hidden="true" viewBox="0 0 16 16" className="size-4">
                <circle
                  cx="8"
                  cy="8"
                  r="7.5"
                  fill={`#${colorNames[name]}`}
                  stroke="currentColor"
                  strokeWidth="0.5"
                />
              </svg>
            )}
            {name === "" ? w("colorAny") : w(`colors.${name}`)}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function Check({ name, label, on }: { name: string; label: string; on: boolean }) {
  return (
    <label className="inline-flex min-h-10 items-center gap-2 text-sm">
      <input type="checkbox" name={name} value="1" defaultChecked={on} className="size-4" />
      {label}
    </label>
  );
}

function Fields({ panel, signedIn, administers }: { panel: Panel; signedIn: boolean; administers: boolean }) {
  const stars = [1, 2, 3, 4, 5].map((n) => ({ value: String(n), label: w("ratingAtLeast", { n }) }));
  return (
    <>
      <Field label={w("from")} name="from" type="date" defaultValue={panel.from} />
      <Field label={w("to")} name="to" type="date" defaultValue={panel.to} />
      <SelectField
        label={w("type")}
        name="type"
        defaultValue={panel.type ?? ""}
        options={[any(), ...panelTypes.map((type) => ({ value: type, label: typeLabel(type) }))]}
      />
      <SelectField
        label={w("orientation")}
        name="orientation"
        defaultValue={panel.orientation ?? ""}
        options={[
          any(),
          { value: "landscape", label: w("orientationLandscape") },
          { value: "portrait", label: w("orientationPortrait") },
          { value: "square", label: w("orientationSquare") },
        ]}
      />
      <Swatches chosen={panel.color ?? ""} />
      {signedIn ? <Field label={w("tag")} name="tag" defaultValue={panel.tag} /> : null}
      <Field label={w("album")} name="album" defaultValue={panel.album} />
      <Field label={w("camera")} name="camera" defaultValue={panel.camera} />
      <Field label={w("lens")} name="lens" defaultValue={panel.lens} />
      <SelectField
        label={w("size")}
        name="size"
        defaultValue={panel.size ?? ""}
        options={[any(), ...sizesShown.map((mp) => ({ value: String(mp), label: w("sizeAtLeast", { mp }) }))]}
      />
      {signedIn ? (
        <>
          <SelectField
            label={w("rating")}
            name="rating"
            defaultValue={panel.rating ?? ""}
            options={[any(), ...stars]}
          />
          <SelectField
            label={w("visibility")}
            name="visibility"
            defaultValue={panel.visibility ?? ""}
            options={[
              any(),
              { value: "public", label: w("visibilityPublic") },
              { value: "unlisted", label: w("visibilityUnlisted") },
              { value: "private", label: w("visibilityPrivate") },
            ]}
          />
        </>
      ) : null}
      {administers ? <Field label={w("owner")} name="owner" defaultValue={panel.owner} /> : null}
      <div className="flex flex-wrap gap-x-6 sm:col-span-2 lg:col-span-4">
        {signedIn ? (
          <>
            <Check name="mine" label={w("mine")} on={panel.mine !== undefined} />
            <Check name="favourite" label={w("favourite")} on={panel.favourite !== undefined} />
          </>
        ) : null}
        <Check name="noalt" label={w("noAlt")} on={panel.noalt !== undefined} />
      </div>
    </>
  );
}

/** The same conditions as fields. A plain form: the page turns what it sends into the one query. */
export function FilterPanel({
  clauses,
  signedIn,
  administers,
}: {
  clauses: Clause[];
  signedIn: boolean;
  administers: boolean;
}) {
  const { panel, rest } = panelOf(clauses);
  return (
    <details
      className="group rounded-lg open:border open:border-line open:bg-surface"
      key={writeQuery(clauses)}
    >
      <summary className="inline-flex min-h-10 cursor-pointer items-center gap-2 rounded-md px-3 text-sm font-medium text-muted hover:text-ink">
        <SlidersHorizontal aria-hidden className="size-4" />
        {w("filtersOn", { n: filterCount(clauses) })}
      </summary>
      <form action="/search" className="grid gap-4 p-3 pt-1 sm:grid-cols-2 sm:p-4 sm:pt-1 lg:grid-cols-4">
        <input type="hidden" name="rest" value={writeQuery(rest)} />
        <Fields panel={panel} signedIn={signedIn} administers={administers} />
        <div className="sm:col-span-2 lg:col-span-4">
          <Button type="submit" variant="primary">
            {w("apply")}
          </Button>
        </div>
      </form>
    </details>
  );
}
