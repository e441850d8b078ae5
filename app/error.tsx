"use client";
import { lazy } from "react";

/**
 * What stands where a page failed. Next sends it along with every page, and few ever fail: only this much of it. When the
 * rest does not come either, global-error.tsx has its words with it.
 */
export default lazy(() => import("./_ui/error-view.tsx"));
