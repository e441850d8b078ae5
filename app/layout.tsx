import "./globals.css";

// Every answer carries a fresh script nonce, so no shell can be made ahead of the request.
export const instant = false;

export default function RootLayout({ children }: { children: React.ReactNode }) {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  );
}
