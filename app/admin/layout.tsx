import type { Metadata } from "next";
import type { ReactNode } from "react";
import { canAdminister } from "#lib/media.ts";
import { words } from "#lib/words.ts";
import { requireViewer } from "../_session/viewer.ts";
import { refused } from "../_ui/missing.tsx";
import { NavLink } from "../_ui/nav-link.tsx";

const w = words("admin");

export const generateMetadata = (): Metadata => ({ title: w("title"), robots: { index: false } });

export default async function AdminLayout({ children }: { children: ReactNode }) {
  // Before anything is sent: once the page streams, its status can no longer become 403.
  const viewer = await requireViewer();
  if (!canAdminister(viewer)) return refused();
  return (
    <>
      <nav aria-label={w("title")} className="border-b border-line bg-surface">
        <div className="mx-auto flex max-w-[100rem] items-center gap-1 overflow-x-auto px-2 sm:px-4">
          <NavLink href="/admin/media">{w("navMedia")}</NavLink>
          <NavLink href="/admin/uploads">{w("navUploads")}</NavLink>
          <NavLink href="/admin/users">{w("navPeople")}</NavLink>
          <NavLink href="/admin/storage">{w("navStorage")}</NavLink>
        </div>
      </nav>
      {children}
    </>
  );
}
