# Gatepost, for /etc/profile.d: GDM and SDDM read the account's own ~/.profile before /etc/X11/Xsession.d.
#
# /etc/profile comes before both, so for a graphical login the gate stands here already. The hook asks again
# in its usual place and is answered at once.
case "$0" in
  */Xsession)
    if [ -r /etc/X11/Xsession.d/15gatepost ]; then
      . /etc/X11/Xsession.d/15gatepost
    fi ;;
esac
