-- photoz as a module of Lmod. In the folder that the tarball was unpacked to:
--
--   module use photoz-.../share/modulefiles
--   module load photoz
help([[photoz @VERSION@: photometric redshifts for image surveys, on MPI.
photoz selftest says whether it works here; man photoz has the commands.]])
whatis("Name: photoz")
whatis("Version: @VERSION@")
whatis("Description: Photometric redshifts for image surveys, on MPI")

-- The folder that holds share/modulefiles/photoz/@VERSION@.lua. Where modules are kept in another folder, write it here.
local root = myFileName():gsub("/share/modulefiles/.*$", "")

-- The site's module of this family of MPI must be loaded before; its name differs from site to site. With its name here it
-- is loaded by this one: depends_on("@FAMILY@")
prepend_path("PATH", pathJoin(root, "bin"))
-- An empty place in the list stands for the system's own.
if (os.getenv("MANPATH") or "") == "" then
    append_path("MANPATH", "")
end
prepend_path("MANPATH", pathJoin(root, "share/man"))
-- Completions of bash and fish are looked for in share/ of these folders, which a variable that is not set stands for.
if (os.getenv("XDG_DATA_DIRS") or "") == "" then
    append_path("XDG_DATA_DIRS", "/usr/local/share:/usr/share")
end
prepend_path("XDG_DATA_DIRS", pathJoin(root, "share"))
-- Those of zsh are in share/zsh/site-functions; FPATH, where it is not exported, would lose all others.
-- Weights and self-test, by the name that the documentation has for their folder.
setenv("PHOTOZ_SHARE", pathJoin(root, "share/photoz"))
conflict("photoz")
