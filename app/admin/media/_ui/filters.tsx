import { ChevronDown } from "lucide-react";
import {
  type MediaQuery,
  type MediaSort,
  mediaAddress,
  mediaConditions,
  parseMediaQuery,
} from "#lib/admin-filter.ts";
import { mediaTypes, typeNames } from "#lib/media.ts";
import { perLocale, words } from "#lib/words.ts";
import { Button, ButtonLink } from "../../../_ui/button.tsx";
import { Field, SelectField } from "../../../_ui/field.tsx";
import { ownerOptions } from "../../_ui/owner-options.ts";
import { QueryForm } from "../../_ui/query-form.tsx";

const w = words("admin");

const sorts = perLocale((): { value: MediaSort; label: string }[] => [
  { value: "-added", label: w("sortAddedDown") },
  { value: "added", label: w("sortAddedUp") },
  { value: "-taken", label: w("sortTakenDown") },
  { value: "taken", label: w("sortTakenUp") },
  { value: "-size", label: w("sortSizeDown") },
  { value: "size", label: w("sortSizeUp") },
  { value: "title", label: w("sortTitleUp") },
  { value: "-title", label: w("sortTitleDown") },
]);

type Owner = { id: string; name: string; email: string };

/** A plain GET form: the address carries every condition, with JavaScript or without. */
export function Filters({ query, owners }: { query: MediaQuery; owners: Owner[] }) {
  const folded = mediaConditions(query);
  const cleared = parseMediaQuery({});
  return (
    <QueryForm
      action="/admin/media"
      role="search"
      aria-label={w("filters")}
      className="grid gap-3 rounded-lg border border-line bg-surface p-3 sm:p-4"
    >
      <div className="grid grid-cols-2 items-end gap-3 *:first:col-span-2 *:last:col-span-2 lg:grid-cols-[minmax(0,1fr)_11rem_13rem_auto] lg:*:first:col-span-1 lg:*:last:col-span-1">
        <Field label={w("text")} name="text" type="search" defaultValue={query.text} maxLength={100} />
        <SelectField
          label={w("state")}
          name="state"
          defaultValue={query.state}
          options={[
            { value: "ready", label: w("stateReady") },
            { value: "trash", label: w("stateTrash") },
            { value: "any", label: w("stateAny") },
          ]}
        />
        <SelectField label={w("sort")} name="sort" defaultValue={query.sort} options={sorts()} />
        <Button type="submit" variant="primary">
          {w("apply")}
        </Button>
      </div>
      <details open={folded > 0} className="group">
        <summary className="inline-flex min-h-10 items-center gap-1.5 rounded-md text-sm font-medium text-muted hover:text-ink">
          <ChevronDown aria-hidden className="size-4 transition-transform group-open:rotate-180" />
          {w("moreFilters", { n: folded })}
        </summary>
        <div className="mt-2 grid grid-cols-1 items-end gap-3 sm:grid-cols-2 md:grid-cols-3 xl:grid-cols-6">
          <SelectField
            label={w("owner")}
            name="owner"
            defaultValue={query.owner ?? ""}
            options={ownerOptions(owners)}
          />
          <SelectField
            label={w("type")}
            name="type"
            defaultValue={query.type ?? ""}
            options={[
              { value: "", label: w("typeAny") },
              ...mediaTypes.map((type) => ({ value: type, label: typeNames[type] })),
            ]}
          />
          <SelectField
            label={w("visibility")}
            name="visibility"
            defaultValue={query.visibility ?? ""}
            options={[
              { value: "", label: w("visibilityAny") },
              { value: "private", label: w("visibilityPrivate") },
              { value: "unlisted", label: w("visibilityUnlisted") },
              { value: "public", label: w("visibilityPublic") },
            ]}
          />
          <SelectField
            label={w("dateOf")}
            name="date"
            defaultValue={query.date}
            options={[
              { value: "taken", label: w("dateTaken") },
              { value: "added", label: w("dateAdded") },
            ]}
          />
          <Field label={w("from")} name="from" type="date" defaultValue={query.from} />
          <Field label={w("to")} name="to" type="date" defaultValue={query.to} />
        </div>
      </details>
      {folded > 0 || query.text !== undefined ? (
        <div>
          <ButtonLink size="sm" href={mediaAddress({ ...cleared, state: query.state, sort: query.sort })}>
            {w("clear")}
          </ButtonLink>
        </div>
      ) : null}
    </QueryForm>
  );
}
